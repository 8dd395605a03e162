"""Tables: paths hop by hop, assets, what to add, surface, choke points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Cell, Column, ColumnKind, Table
from studio_magics.tools.cyber.security_architecture.findings import EFFORT, severity_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.cyber.security_architecture.reading import Reading

MAX_ROWS = 200
_KINDS: dict[str, ColumnKind] = {
    "hops": "integer", "value": "integer", "path": "integer", "hop": "integer", "rank": "integer",
    "chance": "percent", "share of risk": "percent", "risk saved": "percent", "risk after": "number",
}  # fmt: skip
ASSUMED = "chances are assumptions by sign-in, kind and controls; they rank and do not measure"


def all_tables(reading: Reading) -> tuple[Table, ...]:
    """What is shown, in reading order."""
    return (
        _paths(reading),
        _plan(reading),
        _assets(reading),
        _surface(reading),
        _chokes(reading),
        _hops(reading),
    )


def _table(title: str, names: Sequence[str], rows: Sequence[tuple[Cell, ...]], note: str = "") -> Table:
    columns = tuple(Column(name=name, kind=_KINDS.get(name, "text")) for name in names)
    more = len(rows) - MAX_ROWS
    note = f"{more} more in attack-paths.json. {note}".strip() if more > 0 else note
    return Table(title=title, columns=columns, rows=tuple(rows[:MAX_ROWS]), note=note)


def _paths(reading: Reading) -> Table:
    rows = [
        (
            number, path.asset, severity_of(path, reading.component(path.asset).value), round(path.chance, 4),
            len(path.hops), " → ".join(path.places),
        )
        for number, path in enumerate(reading.paths, 1)
    ]  # fmt: skip
    return _table("Likely paths", ("path", "asset", "severity", "chance", "hops", "way"), rows, ASSUMED)


def _plan(reading: Reading) -> Table:
    rows = [
        (number, step.control, step.place, EFFORT[step.effort], round(step.saved, 4), round(step.after, 3))
        for number, step in enumerate(reading.steps, 1)
    ]
    names = ("rank", "control", "where", "effort", "risk saved", "risk after")
    return _table(
        "What to add first", names, rows, f"risk = value x chance over all assets, now {reading.risk:.3g}"
    )


def _assets(reading: Reading) -> Table:
    rows = [
        (
            one.name, one.value, round(reading.reached.get(one.name, 0.0), 4),
            " → ".join(reading.best[one.name].places) if one.name in reading.best else "not reached",
        )
        for one in reading.targets
    ]  # fmt: skip
    return _table("Assets", ("asset", "value", "chance", "most likely way"), rows)


def _surface(reading: Reading) -> Table:
    rows = [
        (
            one.component.name, one.component.kind, one.component.technology,
            ", ".join(dict.fromkeys(hop.shown for hop in one.hops)), round(one.chance, 4),
            ", ".join(one.missing),
        )
        for one in reading.exposed
    ]  # fmt: skip
    return _table("Attack surface", ("component", "kind", "technology", "by", "chance", "missing"), rows)


def _chokes(reading: Reading) -> Table:
    rows = [
        (name, reading.component(name).zone, round(share, 4), "yes" if name in reading.cut.places else "")
        for name, share in reading.choke_points
    ]
    note = "share of the risk whose most likely way passes; in the cut: all ways pass one of them"
    return _table("Choke points", ("component", "zone", "share of risk", "in the cut"), rows, note)


def _hops(reading: Reading) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for number, path in enumerate(reading.paths, 1):
        for place, hop in enumerate(path.hops, 1):
            used = reading.techniques(hop)
            counters = dict.fromkeys(counter for one in used for counter in one.counters)
            rows.append(
                (
                    number, place, hop.source, hop.target, hop.shown, round(reading.likelihood.chance(hop),
                    4),
                    "; ".join(f"{one.id} {one.words}" for one in used), ", ".join(counters),
                )
            )  # fmt: skip
    names = ("path", "hop", "from", "to", "by", "chance", "ATT&CK", "D3FEND")
    return _table("Hops of the likely paths", names, rows)
