"""Balance, spend controls and identity."""

from typing import Annotated, Literal

from pydantic import Field

from studio_magics.contracts.base import Contract, Credits, Instant

Threshold = Annotated[int, Field(ge=1, le=100)]
ALERT_THRESHOLDS: tuple[int, ...] = (25, 50, 75, 90, 100)


class Plan(Contract):
    """The plan a user is on."""

    id: str
    title: str
    monthly_credits: Credits
    daily_cap_credits: Credits


class Window(Contract):
    """One day or month of the wallet."""

    kind: Literal["day", "month"]
    starts_at: Instant
    resets_at: Instant
    cap_credits: Credits
    spent_credits: Credits
    held_credits: Credits


class LotView(Contract):
    """What is left of one grant, in burn order."""

    source: str
    left_credits: Credits
    ends_at: Instant | None


class Balance(Contract):
    """What a user can spend now."""

    user: str = Field(description="Display name")
    plan: Plan
    available_credits: Credits
    held_credits: Credits
    spendable_credits: Credits = Field(description="Available, cut by what day, month and run limits leave")
    day: Window
    month: Window
    per_run_limit_credits: Credits | None
    lots: tuple[LotView, ...]
    alert_percent: int | None = Field(description="Highest alert threshold reached in either window")
    level: Literal["ok", "low", "blocked"] = Field(description="blocked: the cheapest run would be refused")
    mode: Literal["local", "hub", "service"]
    note: str = Field(default="", description="What this mode protects, for people")
    notice: str = Field(default="", description="The latest notice that was not read, for people")
    notice_id: str | None = Field(default=None, description="What marks that notice as read")
    notice_severity: Literal["info", "warning"] = "info"
    revision: int = Field(ge=0, description="Rises with every change of the wallet")


class StatementLine(Contract):
    """One ledger line of the wallet."""

    sequence: int
    at: Instant
    kind: str
    description: str
    amount_credits: int = Field(description="Signed: what it did to the credits available")
    available_credits_after: Credits
    run_id: str | None
    receipt_id: str | None


class Statement(Contract):
    """Ledger lines, newest first."""

    lines: tuple[StatementLine, ...]
    next_before: int | None


class SpendControls(Contract):
    """Limits in force and how far they may be raised."""

    daily_limit_credits: Credits = Field(description="In force")
    monthly_limit_credits: Credits = Field(description="In force")
    per_run_limit_credits: Credits | None = Field(description="In force; None means only the tool's maximum")
    daily_cap_credits: Credits = Field(description="The plan's; a limit is never above it")
    monthly_cap_credits: Credits = Field(description="The plan's plus what was bought")
    alert_percents: tuple[Threshold, ...]


class SpendControlsChange(Contract):
    """New limits. A member left out stays; null goes back to the plan's."""

    daily_limit_credits: Credits | None = None
    monthly_limit_credits: Credits | None = None
    per_run_limit_credits: Credits | None = None
    alert_percents: tuple[Threshold, ...] | None = None


class Subscription(Contract):
    """The plan's period, and what the plan becomes at its end."""

    starts_at: Instant
    ends_at: Instant
    next_plan: Plan | None = Field(description="Another plan begins at the period's end; None: it goes on")
    roll_over_credits: Credits = Field(description="So many unused credits at most move into the next period")


class Account(Contract):
    """Who the server takes the caller for."""

    user_id: str
    display_name: str
    issuer: str
    signed_in_via: str
    plan: Plan
    mode: Literal["local", "hub", "service"]
    server_version: str
    deterministic: bool = Field(default=False, description="Fixed clock and ids: a server for tests")
    subscription: Subscription | None = None
