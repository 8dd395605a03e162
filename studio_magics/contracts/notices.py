"""What a person should know, kept until they have read it."""

from typing import Literal

from pydantic import Field

from studio_magics.contracts.base import Contract, Instant


class Notice(Contract):
    """One sentence for one person; told once."""

    id: str
    kind: Literal[
        "credits_end_in_30_days",
        "credits_end_in_7_days",
        "debt_opened",
        "debt_covered",
        "plan_changed",
        "plan_renewed",
        "recharged",
        "recharge_waits",
        "recharge_stopped",
    ]
    severity: Literal["info", "warning"]
    text: str
    created_at: Instant
    read_at: Instant | None


class NoticeList(Contract):
    """The latest notices, newest first."""

    notices: tuple[Notice, ...]
    unread: int = Field(ge=0, description="How many of all notices were not read")
