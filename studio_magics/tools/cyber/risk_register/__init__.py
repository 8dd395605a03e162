"""Risk Register Builder: risks rated in words and simulated in money, with what each treatment is worth.

Owns the Monte-Carlo model (PERT frequency, Poisson counts, lognormal losses) and the loss exceedance curve.
It does not know how often things happen: every number is the user's.
"""

from studio_magics.tools.cyber.risk_register.tool import TOOL

__all__ = ["TOOL"]
