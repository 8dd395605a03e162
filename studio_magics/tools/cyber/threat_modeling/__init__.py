"""Threat Model Generator: a described system to a data-flow diagram and ranked STRIDE and LINDDUN threats.

Owns the rules with their CWE, CAPEC and ATT&CK references and the vocabulary of controls. It does not test
a running system and never evaluates conditions a person writes.
"""

from studio_magics.tools.cyber.threat_modeling.tool import TOOL

__all__ = ["TOOL"]
