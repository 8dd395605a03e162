"""`python -m benchmarks.tools [NAME …]`: run the examples of all tools, or of some, and keep what they used.

Each example runs three times in a warm worker, as on a server; the middle one by processor time is kept, in
`docs/tools/measured.json`, from which the pages of the tools are made.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from studio_server.export.tools import MEASURED, Sample, measured
from studio_server.pricing.burn import Usage, charge
from studio_server.pricing.estimate import price
from studio_server.registry import catalogue
from studio_server.toolcheck.declared import WITHOUT_DECLARATION, limits_of
from studio_server.toolcheck.examples import ExampleUnusable, Trial, trials
from studio_server.toolcheck.sandbox import Sandbox
from studio_server.toolcheck.subject import Subject, find

from studio_magics.tools import catalog

if TYPE_CHECKING:
    from studio_server.registry.catalogue import Registry, ToolEntry
    from studio_server.runs.executor.protocol import Measurement, Outcome

    from studio_magics.contracts.billing import Forecast

ROUNDS = 3
KEPT = Path("docs/tools") / MEASURED


def main(names: list[str]) -> int:
    """Measure and keep; 1 if an example did not succeed or cost more than it was quoted."""
    registry = catalogue.load(with_code=False)
    kept = dict(measured(KEPT))
    wrong = 0
    for tool_id in sorted(catalog.BUILT_IN):
        if names and catalog.short_name(tool_id) not in names:
            continue
        kept[tool_id] = tuple(_samples(tool_id, registry))
        wrong += not kept[tool_id]
    written = {
        tool_id: [sample.model_dump() for sample in kept[tool_id]]
        for tool_id in sorted(kept)
        if tool_id in catalog.BUILT_IN
    }
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return min(wrong, 1)


def _samples(tool_id: str, registry: Registry) -> list[Sample]:
    subject, entry = find(tool_id, Path.cwd()), registry.tools[tool_id]
    limits = limits_of(entry) if entry.limits else WITHOUT_DECLARATION
    samples: list[Sample] = []
    try:
        with Sandbox(subject, limits) as sandbox:
            for trial in trials(subject.tool):
                outcomes = [sandbox.run(trial.inputs, trial.files) for _ in range(ROUNDS)]
                samples += [one for one in [_sample(subject, entry, registry, trial, outcomes)] if one]
    except ExampleUnusable as unusable:
        print(f"   {tool_id}: {unusable}", flush=True)
    return samples


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
    typical, charged, most = _credits(registry, entry, forecast, middle.measured)
    print(f"   {entry.id}, {trial.name}: {_cpu(middle)} ms, {charged} of {most} credits", flush=True)
    return Sample(
        name=trial.name,
        input_bytes=sum(map(len, trial.files.values())) or len(trial.model.model_dump_json()),
        cpu_ms=middle.measured.cpu_ms,
        wall_ms=middle.measured.wall_ms,
        peak_bytes=middle.measured.peak_bytes,
        forecast_cpu_ms=forecast.cpu_ms,
        forecast_peak_bytes=forecast.peak_bytes,
        typical_credits=typical,
        charged_credits=charged,
        most_credits=most,
        headline=middle.result.headline,
        files={file.name: file.media_type for file in middle.result.artefacts},
        figures=tuple(figure.title for figure in middle.result.figures),
    )


def _cpu(outcome: Outcome) -> int:
    return outcome.measured.cpu_ms if outcome.measured else 0


def _credits(
    registry: Registry, entry: ToolEntry, forecast: Forecast, used: Measurement
) -> tuple[int, int, int]:
    """Typical, charged and most; all 0 for what only runs in the kernel."""
    if entry.limits is None:
        return 0, 0, 0
    expected = Usage(forecast.cpu_ms, forecast.wall_ms, forecast.peak_bytes)
    priced = price(registry.burn, entry.limits, entry.maximum_credits, expected)
    usage = Usage(used.cpu_ms, used.wall_ms, used.peak_bytes)
    return priced.typical, charge(registry.burn, usage, ceiling=priced.maximum), priced.maximum


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
