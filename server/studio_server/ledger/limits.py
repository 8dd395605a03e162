"""What bounds spending from a wallet. Pure; None is "no limit" everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_server.ledger.values import Limits, PlanCaps


def per_run_cap(limits: Limits) -> int | None:
    """The most one hold may set aside."""
    return lowest(limits.plan.per_run, limits.own.per_run)


def daily_cap(limits: Limits) -> int | None:
    """The most that may be settled and held in one day."""
    return lowest(limits.plan.daily, limits.own.daily)


def monthly_cap(limits: Limits) -> int | None:
    """The most that may be settled and held in one month."""
    return lowest(monthly_allowance(limits.plan, limits.bought), limits.own.monthly)


def monthly_allowance(plan: PlanCaps, bought: int) -> int | None:
    """The plan's monthly allocation plus what was bought."""
    return None if plan.monthly_allocation is None else plan.monthly_allocation + bought


def lowest(one: int | None, other: int | None) -> int | None:
    """The lower of the caps that exist."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
