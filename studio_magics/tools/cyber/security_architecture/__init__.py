"""Security Architecture Designer: attack surface, likely paths to assets, choke points, what to add.

Owns how likely a hop is taken to be (assumptions that rank, not measurements), paths and cuts.
"""

from studio_magics.tools.cyber.security_architecture.tool import TOOL

__all__ = ["TOOL"]
