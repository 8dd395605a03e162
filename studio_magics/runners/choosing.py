"""Decides where a run happens and what a change of limits means; asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_magics.client.refusals import UsageRefused
from studio_magics.contracts.account import SpendControlsChange
from studio_magics.contracts.billing import Estimate
from studio_magics.runners.validation import validated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.contracts.catalogue import Place
    from studio_magics.runners.finding import FoundTool
    from studio_magics.runners.staging import Staged
    from studio_magics.tools.base import Tool


def choose_place(found: FoundTool, on: str | None) -> Place:
    """Where this run happens: in the kernel for 0 credits where it can, unless the caller says `on`.

    Raises:
        UsageRefused: The tool cannot run there, or its code is not installed here.
    """
    if on is not None:
        return _asked(found, on)
    if "kernel" not in found.places:
        return "server"
    return "kernel" if found.tool is not None else _without_code(found)


def refuse_detached(found: FoundTool, place: Place) -> None:
    """Refuse to let a run in this kernel go on by itself.

    Raises:
        UsageRefused: Naming the place where that is possible.
    """
    if place == "kernel":
        said = (
            f"{found.title} runs in this kernel and ends with it; only a run on the server goes on by itself."
        )
        raise UsageRefused(said, action="--on server" if "server" in found.places else "leave out --detach")


def kernel_estimate(found: FoundTool, tool: Tool, staged: Staged) -> Estimate:
    """The estimate of a run in this kernel: 0 credits, with the tool's own forecast."""
    inputs = validated(tool, found.fields, staged.inputs)
    return Estimate(
        tool_id=tool.id,
        tool_title=tool.title,
        tool_version=tool.version,
        place="kernel",
        price_version="",
        min_credits=0,
        typical_credits=0,
        max_credits=0,
        lines=(),
        limits=None,
        forecast=tool.forecast(inputs),
        measured_runs=0,
        standing=None,
        quote=None,
        quote_expires_at=None,
    )


def limits_change(
    *,
    daily: int | str | None,
    monthly: int | str | None,
    per_run: int | str | None,
    alerts: Sequence[int] | None,
) -> SpendControlsChange | None:
    """The change to send, or None when nothing is to be set.

    Raises:
        UsageRefused: A limit is not a whole number, or an alert is not a per cent.
    """
    wanted = {
        "daily_limit_credits": daily,
        "monthly_limit_credits": monthly,
        "per_run_limit_credits": per_run,
    }
    members: dict[str, Any] = {
        name: _amount(name, value) for name, value in wanted.items() if value is not None
    }
    if alerts is not None:
        members["alert_percents"] = _alerts(alerts)
    return SpendControlsChange(**members) if members else None


def _asked(found: FoundTool, on: str) -> Place:
    if on not in ("kernel", "server"):
        raise UsageRefused(f"A run happens on 'kernel' or 'server', not on '{on}'.", action="--on kernel")
    if on not in found.places:
        where = "server" if on == "kernel" else "kernel"
        cost = "metered; %studio estimate tells the price" if where == "server" else "for 0 credits"
        said = f"{found.title} runs only on the {where}, {cost}."
        raise UsageRefused(said, action=f"leave out --on {on}")
    if on == "kernel" and found.tool is None:
        raise UsageRefused(f"The code of {found.title} is not in this kernel.", action="--on server")
    return "kernel" if on == "kernel" else "server"


def _without_code(found: FoundTool) -> Place:
    if "server" in found.places:
        return "server"
    said = f"{found.title} runs only in the kernel, and its code is not installed in this one."
    raise UsageRefused(said, action="pip install --upgrade 'studio-magics[tools]'")


def _amount(name: str, value: int | str) -> int | None:
    if value in ("plan", "none"):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    limit = name.removesuffix("_limit_credits").replace("_", "-")
    said = f"The {limit} limit is a whole number of credits, not {value!r}."
    raise UsageRefused(said, action=f"--{limit} 20, or --{limit} plan")


def _alerts(alerts: Sequence[int]) -> tuple[int, ...]:
    wrong = [percent for percent in alerts if not 1 <= percent <= 100]  # noqa: PLR2004  - per cent
    if wrong:
        said = f"An alert is told at 1 to 100 per cent of a limit, not at {wrong[0]}."
        raise UsageRefused(said, action="--alerts 50,75,100")
    return tuple(sorted(set(alerts)))
