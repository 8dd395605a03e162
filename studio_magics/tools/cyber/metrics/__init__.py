"""Security Metrics Dashboard: how soon incidents are found and ended and holes patched, what is covered.

Owns the definitions of the figures and the rules of the control chart. Every figure says its number of cases.
"""

from studio_magics.tools.cyber.metrics.tool import TOOL

__all__ = ["TOOL"]
