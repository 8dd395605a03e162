"""How a problem is put together, the same for every table of errors."""

from typing import Any

from studio_magics.contracts.problems import Problem


def problem(status: int, code: str, error: str, reason: str = "", action: str = "", **more: Any) -> Problem:
    """A problem with its type made from its code."""
    return Problem(
        type=f"urn:studio:problem:{code}",
        status=status,
        code=code,
        error=error,
        reason=reason,
        action=action,
        **more,
    )
