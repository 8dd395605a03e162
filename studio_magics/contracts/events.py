"""What the server pushes over `GET /api/events` (server-sent events; `event:` is the member `kind`)."""

from typing import Annotated, Literal

from pydantic import Field

from studio_magics.contracts.account import Balance
from studio_magics.contracts.base import Contract
from studio_magics.contracts.runs import RunSummary


class HelloEvent(Contract):
    """First event of a stream: the state to start from."""

    kind: Literal["hello"] = "hello"
    balance: Balance
    runs: tuple[RunSummary, ...] = Field(description="Runs that are not over, and the latest ones")


class BalanceEvent(Contract):
    """The wallet changed."""

    kind: Literal["balance"] = "balance"
    balance: Balance


class RunEvent(Contract):
    """A run changed."""

    kind: Literal["run"] = "run"
    run: RunSummary


class NoticeEvent(Contract):
    """Something a person should know: a threshold reached, credits about to end, a payment credited."""

    kind: Literal["notice"] = "notice"
    severity: Literal["info", "warning"]
    text: str
    notice_id: str | None = Field(default=None, description="Set when it is kept and can be marked read")
    about: str = Field(default="", description="The purchase it is about, where it is about one")


Event = Annotated[HelloEvent | BalanceEvent | RunEvent | NoticeEvent, Field(discriminator="kind")]
