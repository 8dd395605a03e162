"""Looks at `forecast()`: quick, always the same, growing with the input, within the limits."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from pydantic import BaseModel

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.catalogue import RunLimits
from studio_magics.contracts.inputs import MAX_UPLOAD_BYTES, InputFile
from studio_magics.tools.base import InputRejected, Tool
from studio_server.toolcheck.examples import Trial
from studio_server.toolcheck.report import Check, failed, judged, passed, skipped

GROWTH = (1, 10, 100, 1_000, 10_000)
MOST_TEXT = 2_000_000
MOST_MS = 100.0


@dataclass(frozen=True)
class Grown:
    """The same input, larger."""

    factor: int
    size: int
    forecast: Forecast


def checks(tool: Tool, trial: Trial, limits: RunLimits) -> list[Check]:
    """All about the forecast, without running the tool."""
    try:
        return [_steady(tool, trial), _growth(tool, trial), _within(tool.forecast(trial.model), limits)]
    except InputRejected as refused:
        if trial.is_own:
            return [
                failed("forecast", f"it refuses {trial.name}: {refused}", "an example has to be accepted")
            ]
        return [skipped("forecast", f"it refuses the sample data: {refused}", "give the Tool examples")]
    except Exception as broken:  # noqa: BLE001  - boundary: a forecast may raise anything
        return [failed("forecast", f"{type(broken).__name__}: {broken}", "it must not fail on a valid input")]


def _steady(tool: Tool, trial: Trial) -> Check:
    started = time.process_time()
    first = tool.forecast(trial.model)
    spent_ms = (time.process_time() - started) * 1_000
    return judged(
        "forecast",
        _faults(first, tool.forecast(trial.model), spent_ms),
        good=f"{_figures(first)}; the same every time, in {spent_ms:.0f} ms",
        todo="compute it from sizes alone: no clock, no chance, no reading of files",
    )


def _faults(first: object, again: object, spent_ms: float) -> Iterator[str]:
    if not isinstance(first, Forecast):
        yield f"it returns {type(first).__name__} in place of a Forecast"
        return
    if first != again:
        yield "asked twice for the same input, it says two things"
    if min(first.cpu_ms, first.wall_ms, first.peak_bytes) <= 0:
        yield f"it promises work for nothing: {_figures(first)}"
    if not first.basis:
        yield "it does not say what it rests on (basis)"
    if spent_ms > MOST_MS:
        yield f"it takes {spent_ms:.0f} ms, at most {MOST_MS:.0f} are allowed"


def _growth(tool: Tool, trial: Trial) -> Check:
    name, todo = "forecast grows", "more input has to forecast more work, or the price is wrong"
    grown = list(_grown(tool, trial.model))
    if len(grown) < 2:  # noqa: PLR2004  - the smallest number that can be compared
        return skipped(name, "the example holds no file and no text that can be made larger")
    shrunk = [
        f"{after.size:,} bytes need less than {before.size:,}"
        for before, after in pairwise(grown)
        if _cost(after.forecast) < _cost(before.forecast)
    ]
    first, last = grown[0], grown[-1]
    if not shrunk and _cost(last.forecast) <= _cost(first.forecast):
        shrunk = [f"{last.size:,} bytes need no more than {first.size:,}"]
    ends = [f"{_figures(one.forecast)} at {one.size:,} bytes" for one in (first, last)]
    return judged(name, shrunk, good=f"from {ends[0]} to {ends[1]}", todo=todo)


def _grown(tool: Tool, model: BaseModel) -> Iterator[Grown]:
    for factor in GROWTH:
        larger, size = _larger(model, factor)
        if not size:
            return
        try:
            yield Grown(factor, size, tool.forecast(larger))
        except InputRejected:  # it says that this is too much, which is as good as a price
            return


def _larger(model: BaseModel, factor: int) -> tuple[BaseModel, int]:
    """A copy with files so many times as large, or its longest text where there is no file; and its size."""
    values = {name: getattr(model, name) for name in type(model).model_fields}
    grown = {name: _files_larger(value, factor) for name, value in values.items()}
    size = sum(_bytes_of(value) for value in grown.values())
    if size:
        return model.model_copy(update=grown), size
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    if not texts:
        return model, 0
    longest = max(texts, key=lambda name: len(texts[name]))
    text = (texts[longest] + "\n") * min(factor, MOST_TEXT // (len(texts[longest]) + 1) or 1)
    return model.model_copy(update={longest: text}), len(text)


def _files_larger(value: Any, factor: int) -> Any:
    if isinstance(value, InputFile):
        return value.model_copy(update={"size_bytes": min(value.size_bytes * factor, MAX_UPLOAD_BYTES)})
    if isinstance(value, BaseModel):
        inner = {name: _files_larger(getattr(value, name), factor) for name in type(value).model_fields}
        return value.model_copy(update=inner)
    if isinstance(value, tuple):
        return tuple(_files_larger(one, factor) for one in cast("Sequence[object]", value))
    return value


def _bytes_of(value: object) -> int:
    if isinstance(value, InputFile):
        return value.size_bytes
    if isinstance(value, BaseModel):
        return sum(_bytes_of(getattr(value, name)) for name in type(value).model_fields)
    if isinstance(value, tuple):
        return sum(_bytes_of(one) for one in cast("Sequence[object]", value))
    return 0


def _within(forecast: Forecast, limits: RunLimits) -> Check:
    name = "forecast within limits"
    faults = [
        f"{what}: {needed:,} of {allowed:,}"
        for what, needed, allowed in (
            ("CPU ms", forecast.cpu_ms, limits.cpu_ms),
            ("wall ms", forecast.wall_ms, limits.wall_ms),
            ("bytes of memory", forecast.peak_bytes, limits.memory_bytes),
        )
        if needed > allowed
    ]
    if faults:
        return failed(name, "the example alone passes the limits: " + "; ".join(faults), "raise the limits")
    return passed(name, "the example fits")


def _cost(forecast: Forecast) -> tuple[int, int]:
    return forecast.cpu_ms, forecast.peak_bytes


def _figures(forecast: Forecast) -> str:
    megabytes = forecast.peak_bytes / 1_000_000
    return f"{forecast.cpu_ms:,} ms CPU, {forecast.wall_ms:,} ms, {megabytes:,.0f} MB"
