"""Policy Generator: policies from facts, each clause mapped to controls, checked for contradictions.

Owns the clauses, their numbers and the rules that find contradictions. Controls are in `cyber.frameworks`.
"""

from studio_magics.tools.cyber.policy_generator.tool import TOOL

__all__ = ["TOOL"]
