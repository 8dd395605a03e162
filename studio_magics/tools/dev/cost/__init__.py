"""Cost Calculator: what an architecture costs a month, from a dated table of list prices.

Owns the price table (`prices.toml`), exact decimal arithmetic, what-ifs and sensitivities. It does not
read cloud accounts, ask price services or know negotiated prices.
"""

from studio_magics.tools.dev.cost.tool import TOOL

__all__ = ["TOOL"]
