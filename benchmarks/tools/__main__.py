"""`python -m benchmarks.tools [NAME …]`: run the examples of all tools, or of some, and keep what they used.

The tool's own small examples and a large one (`large.py`) run three times each in a worker that has its
libraries imported, as on a server, within the limits of the tool. Kept are the middle one by processor time
and the highest memory, which samples can only miss, in `docs/tools/measured.json`, from which the pages of
the tools are made. `--forecasts` measures nothing and only asks for forecasts and prices again.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio_server.export.tools import MEASURED, Sample, measured
from studio_server.pricing.burn import Usage, charge
from studio_server.pricing.estimate import price
from studio_server.registry import catalogue
from studio_server.toolcheck.declared import WITHOUT_DECLARATION, limits_of
from studio_server.toolcheck.examples import ExampleUnusable, Trial, trial_of, trials
from studio_server.toolcheck.sandbox import Sandbox
from studio_server.toolcheck.subject import Subject, find

from benchmarks.tools.large import large
from studio_magics.tools import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_server.registry.catalogue import Registry, ToolEntry
    from studio_server.runs.executor.protocol import Outcome

    from studio_magics.contracts.billing import Forecast

ROUNDS = 3
FORECASTS = "--forecasts"
KEPT = Path("docs/tools") / MEASURED


def main(words: list[str]) -> int:
    """Measure and keep; 1 if an example did not succeed or cost more than it was quoted."""
    registry = catalogue.load(with_code=False)
    names = [word for word in words if word != FORECASTS]
    known = dict(measured(KEPT))
    kept = dict(known)
    wrong = 0
    for tool_id in sorted(catalog.BUILT_IN):
        if names and catalog.short_name(tool_id) not in names:
            continue
        again = {one.name: one for one in known.get(tool_id, ())} if FORECASTS in words else None
        kept[tool_id] = tuple(_samples(tool_id, registry, again))
        wrong += not kept[tool_id] or any(one.charged_credits > one.most_credits for one in kept[tool_id])
        _keep(kept)
    return min(wrong, 1)


def _keep(kept: Mapping[str, tuple[Sample, ...]]) -> None:
    written = {
        tool_id: [sample.model_dump() for sample in kept[tool_id]]
        for tool_id in sorted(kept)
        if tool_id in catalog.BUILT_IN
    }
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _samples(tool_id: str, registry: Registry, again: Mapping[str, Sample] | None) -> list[Sample]:
    subject, entry = find(tool_id, Path.cwd()), registry.tools[tool_id]
    limits = limits_of(entry) if entry.limits else WITHOUT_DECLARATION
    samples: list[Sample] = []
    try:
        with Sandbox(subject, limits, preload=True) as sandbox:
            for trial in _trials(subject, tool_id):
                if again is not None:
                    known = [one for one in [again.get(trial.name)] if one]
                    samples += [_afresh(subject, entry, registry, trial, one) for one in known]
                    continue
                outcomes = [sandbox.run(trial.inputs, trial.files) for _ in range(ROUNDS)]
                samples += [one for one in [_sample(subject, entry, registry, trial, outcomes)] if one]
    except ExampleUnusable as unusable:
        print(f"   {tool_id}: {unusable}", flush=True)
    return samples


def _trials(subject: Subject, tool_id: str) -> Iterator[Trial]:
    yield from trials(subject.tool)
    yield trial_of(subject.tool, large(catalog.short_name(tool_id)))


def _afresh(subject: Subject, entry: ToolEntry, registry: Registry, trial: Trial, old: Sample) -> Sample:
    """What was measured, with the forecast and the prices of today."""
    forecast = subject.tool.forecast(trial.model)
    used = Usage(old.cpu_ms, old.wall_ms, old.peak_bytes)
    typical, charged, most = _credits(registry, entry, forecast, used)
    ratio = forecast.cpu_ms / max(old.cpu_ms, 1), forecast.peak_bytes / max(old.peak_bytes, 1)
    print(f"   {entry.id}, {trial.name}: {ratio[0]:.2f} of CPU, {ratio[1]:.2f} of memory", flush=True)
    return old.model_copy(
        update={
            "forecast_cpu_ms": forecast.cpu_ms,
            "forecast_peak_bytes": forecast.peak_bytes,
            "typical_credits": typical,
            "charged_credits": charged,
            "most_credits": most,
        }
    )


def _sample(
    subject: Subject, entry: ToolEntry, registry: Registry, trial: Trial, outcomes: list[Outcome]
) -> Sample | None:
    failed = [outcome for outcome in outcomes if outcome.result is None or outcome.measured is None]
    if failed:
        print(f"   {entry.id}, {trial.name}: {failed[0].kind}: {failed[0].message}", flush=True)
        return None
    middle = sorted(outcomes, key=_cpu)[ROUNDS // 2]
    if middle.result is None or middle.measured is None:
        return None
    forecast = subject.tool.forecast(trial.model)
    spent = middle.measured
    highest = max(outcome.measured.peak_bytes for outcome in outcomes if outcome.measured)
    spent = replace(spent, peak_bytes=highest)
    used = Usage(spent.cpu_ms, spent.wall_ms, spent.peak_bytes)
    typical, charged, most = _credits(registry, entry, forecast, used)
    print(
        f"   {entry.id}, {trial.name}: {_cpu(middle)} ms (forecast {forecast.cpu_ms}), "
        f"{spent.peak_bytes / 1e6:.0f} MB (forecast {forecast.peak_bytes / 1e6:.0f}), "
        f"{charged} of {most} credits",
        flush=True,
    )
    return Sample(
        name=trial.name,
        input_bytes=sum(map(len, trial.files.values())) or len(trial.model.model_dump_json()),
        cpu_ms=spent.cpu_ms,
        wall_ms=spent.wall_ms,
        peak_bytes=spent.peak_bytes,
        forecast_cpu_ms=forecast.cpu_ms,
        forecast_peak_bytes=forecast.peak_bytes,
        typical_credits=typical,
        charged_credits=charged,
        most_credits=most,
        headline=middle.result.headline,
        files={file.name: file.media_type for file in middle.result.artefacts},
        figures=tuple(figure.title for figure in middle.result.figures),
        is_large=trial.name.startswith("large: "),
    )


def _cpu(outcome: Outcome) -> int:
    return outcome.measured.cpu_ms if outcome.measured else 0


def _credits(registry: Registry, entry: ToolEntry, forecast: Forecast, used: Usage) -> tuple[int, int, int]:
    """Typical, charged and most; all 0 for what only runs in the kernel."""
    if entry.limits is None:
        return 0, 0, 0
    expected = Usage(forecast.cpu_ms, forecast.wall_ms, forecast.peak_bytes)
    priced = price(registry.burn, entry.limits, entry.maximum_credits, expected)
    return priced.typical, charge(registry.burn, used, ceiling=priced.maximum), priced.maximum


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
