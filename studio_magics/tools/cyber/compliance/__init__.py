"""Compliance Auditor: answers and evidence against control frameworks, gaps, and what to fix first.

Owns how an answer becomes a status (what is said without current evidence is not met) and the order of fixes.
The frameworks themselves are in `cyber.frameworks`.
"""

from studio_magics.tools.cyber.compliance.tool import TOOL

__all__ = ["TOOL"]
