"""Machine-readable forms: OSCAL plan of action and milestones, register as CSV, figures as JSON."""

import csv
import io
import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from studio_magics.tools.cyber.risk_register.measures import Rated, Spread
from studio_magics.tools.cyber.risk_register.reading import Reading, rounded

OSCAL_VERSION = "1.2.1"
NAMESPACE = UUID("5b1c3a52-6f0e-5d0c-9f5e-2d6a3c0f7b11")
SYSTEM = "https://studio.example/ns/risk-register"
"""Names our facets; a name, not an address that is asked."""
STRATEGIES = {"mitigate": "mitigate", "transfer": "transfer", "avoid": "avoid", "accept": "accept"}
STATES = {"accept": "deviation-approved", "undecided": "open"}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def oscal_json(reading: Reading, now: datetime) -> bytes:
    """The register as an OSCAL plan of action and milestones, with our ranks and figures as facets."""
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    tool = _id(reading, "tool")
    document = {
        "plan-of-action-and-milestones": {
            "uuid": _id(reading, "plan", stamp),
            "metadata": {
                "title": reading.register.name,
                "last-modified": stamp,
                "version": now.date().isoformat(),
                "oscal-version": OSCAL_VERSION,
                "parties": [{"uuid": tool, "type": "organization", "name": "Risk Register Builder"}],
            },
            "system-id": {"identifier-type": "https://ietf.org/rfc/rfc4122", "id": _id(reading, "system")},
            "risks": [_risk(reading, one, tool) for one in reading.rated],
            "poam-items": [
                {
                    "uuid": _id(reading, "item", one.id),
                    "title": one.risk.title,
                    "description": one.risk.description or one.risk.title,
                    "related-risks": [{"risk-uuid": _id(reading, "risk", one.id)}],
                }
                for one in reading.rated
            ],
        }
    }
    return _json(document)


def _id(reading: Reading, *parts: str) -> str:
    """The same for the same register and part."""
    return str(uuid5(NAMESPACE, "\x1f".join((reading.register.name, *parts))))


def _risk(reading: Reading, one: Rated, tool: str) -> dict[str, Any]:
    facets = [
        {"name": "likelihood", "system": SYSTEM, "value": str(one.likelihood)},
        {"name": "impact", "system": SYSTEM, "value": str(one.impact)},
        {"name": "severity", "system": SYSTEM, "value": one.severity},
    ]
    if one.expected is not None:
        value = f"{reading.register.currency} {rounded(one.expected)}"
        facets.append({"name": "expected-annual-loss", "system": SYSTEM, "value": value})
    strategy = one.risk.treatment.strategy
    written: dict[str, Any] = {
        "uuid": _id(reading, "risk", one.id),
        "title": one.risk.title,
        "description": one.risk.description or one.risk.title,
        "statement": f"Level {one.level} of 25: likelihood {one.likelihood}, impact {one.impact}",
        "props": [{"name": "risk-id", "ns": SYSTEM, "value": one.id}],
        "status": STATES.get(strategy, "remediating"),
        "characterizations": [
            {"origin": {"actors": [{"type": "tool", "actor-uuid": tool}]}, "facets": facets}
        ],
        "remediations": _remediations(reading, one),
    }
    if one.risk.treatment.due is not None:
        written["deadline"] = f"{one.risk.treatment.due.isoformat()}T00:00:00+00:00"
    if not written["remediations"]:
        del written["remediations"]
    return written


def _remediations(reading: Reading, one: Rated) -> list[dict[str, Any]]:
    strategy = one.risk.treatment.strategy
    found: list[dict[str, Any]] = []
    if strategy in STRATEGIES:
        found.append(
            {
                "uuid": _id(reading, "treatment", one.id),
                "lifecycle": "planned",
                "title": strategy,
                "description": one.risk.treatment.note or f"{strategy} this risk",
                "props": [{"name": "type", "value": STRATEGIES[strategy]}],
            }
        )
    found += [
        {
            "uuid": _id(reading, "control", worth.control.name, one.id),
            "lifecycle": "planned",
            "title": worth.control.name,
            "description": f"Costs {reading.money(worth.control.cost_per_year)} a year",
        }
        for worth in reading.worths
        if one.id in worth.risks
    ]
    return found


def register_csv(reading: Reading) -> bytes:
    """One row per risk; text that a spreadsheet would run as a formula is quoted with '."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["id", "title", "category", "owner", "likelihood", "impact", "level", "severity", "currency",
        "expected_loss",
         "loss_1_year_in_20", "share_of_bad_years", "expected_after_controls", "strategy", "due"]
    )  # fmt: skip
    for one in reading.rated:
        due = one.risk.treatment.due
        writer.writerow(
            [
                _cell(one.id), _cell(one.risk.title), _cell(one.risk.category), _cell(one.risk.owner),
                one.likelihood,
                one.impact, one.level, one.severity, reading.register.currency, _amount(one.expected),
                _amount(one.p95),
                round(one.tail_share, 4), _amount(one.expected_treated), one.risk.treatment.strategy,
                due.isoformat() if due else "",
            ]
        )  # fmt: skip
    return out.getvalue().encode()


def figures_json(reading: Reading) -> bytes:
    """All figures, unrounded to the cent, with the seed that repeats them."""
    return _json(
        {
            "currency": reading.register.currency,
            "iterations": reading.simulation.iterations,
            "seed": reading.seed,
            "now": _spread(reading.now),
            "with_planned_controls": _spread(reading.treated),
            "risks": [
                {
                    "id": one.id, "title": one.risk.title, "likelihood": one.likelihood, "impact": one.impact,
                    "expected_loss": _amount(one.expected),
                    "expected_after_controls": _amount(one.expected_treated),
                    "p95": _amount(one.p95), "share": round(one.share, 6),
                    "tail_share": round(one.tail_share, 6),
                }
                for one in reading.rated
            ],
            "controls": [
                {
                    "name": one.control.name, "saves": round(one.saved, 2),
                    "costs": one.control.cost_per_year,
                    "net": round(one.net, 2), "risks": list(one.risks),
                }
                for one in reading.worths
            ],
        }
    )  # fmt: skip


def _spread(spread: Spread) -> dict[str, float | None]:
    return {
        "mean": round(spread.mean, 2), "standard_error": round(spread.error, 2),
        "median": round(spread.median, 2),
        "p90": round(spread.p90, 2), "p95": round(spread.p95, 2), "p99": round(spread.p99, 2),
        "mean_of_worst_5_percent": round(spread.tail_mean, 2),
        "share_over_appetite": None if spread.over_appetite is None else round(spread.over_appetite, 6),
    }  # fmt: skip


def _amount(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
