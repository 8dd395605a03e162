"""Incident Response Playbook Builder: write, check and rehearse a playbook in the CACAO 2.0 format.

Owns the short form in YAML, the graph checks that no schema can make, and the rehearsal. Runs no command.
"""

from studio_magics.tools.cyber.ir_playbook.tool import TOOL

__all__ = ["TOOL"]
