"""Rows of runs, receipts and artefacts: reading and guarded writing, inside the transaction handed in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from studio_magics.contracts.billing import Receipt
from studio_magics.contracts.runs import RunState
from studio_server.clock import from_microseconds, to_microseconds
from studio_server.pricing.estimate import Sample
from studio_server.pricing.limits import Limits
from studio_server.storage.tx import Row, Tx

PAST_RUNS = 50
INSTANTS = frozenset({"created_at", "started_at", "ended_at"})
TEXTS_OF_JSON = frozenset({"inputs", "failure", "log_lines"})


@dataclass(frozen=True)
class RunRow:
    """One run as stored. `result` is JSON text: it is passed on, never read here."""

    id: str
    user_id: str
    tool_id: str
    tool_version: str
    price_version: str
    state: RunState
    revision: int
    hold_id: str
    inputs: Mapping[str, Any]
    input_digest: str
    input_summary: str
    minimum_credits: int
    typical_credits: int
    maximum_credits: int
    limits: Limits
    forecast_cpu_ms: int
    forecast_wall_ms: int
    forecast_peak_bytes: int
    measured_cpu_ms: int | None
    measured_wall_ms: int | None
    measured_peak_bytes: int | None
    charged_credits: int | None
    receipt_id: str | None
    failure: Mapping[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    replica_id: str = ""
    log_lines: Sequence[str] = ()
    """The last lines that the tool logged, written when the run ends."""
    answered_from: str = ""
    """The run whose stored result this one gives; empty for a run that did work."""

    @property
    def source(self) -> str:
        """The run that made the result and its files."""
        return self.answered_from or self.id

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.ended_at is not None


COLUMNS = tuple(field.name for field in fields(RunRow))
SELECT = f"SELECT {', '.join(COLUMNS)} FROM runs"  # noqa: S608  - our own column names


class RunChanged(RuntimeError):
    """The run was not in the state that the change started from; nothing was written."""

    def __init__(self, run_id: str, expected: Sequence[str]) -> None:
        super().__init__(f"{run_id} is no longer {' or '.join(expected)}")
        self.run_id = run_id
        self.expected = tuple(expected)


def insert(tx: Tx, run: RunRow) -> None:
    """Store a new run."""
    marks = ", ".join("?" for _ in COLUMNS)
    tx.execute(
        f"INSERT INTO runs ({', '.join(COLUMNS)}) VALUES ({marks})",  # noqa: S608  - our own column names
        [_stored(name, getattr(run, name)) for name in COLUMNS],
    )


def by_id(tx: Tx, run_id: str) -> RunRow | None:
    """The run of this id."""
    row = tx.one(f"{SELECT} WHERE id = ?", (run_id,))
    return _row(row) if row else None


def of_user(tx: Tx, user_id: str, *, before: str | None, limit: int) -> list[RunRow]:
    """Runs of a user, newest first, older than `before`."""
    rows = tx.execute(
        f"{SELECT} WHERE user_id = ? AND (CAST(? AS text) IS NULL OR id < ?) ORDER BY id DESC LIMIT ?",
        (user_id, before, before, limit),
    )
    return [_row(row) for row in rows]


def change(tx: Tx, run_id: str, expected: Sequence[RunState], values: Mapping[str, Any]) -> None:
    """Set `values` if the run is in one of the expected states.

    Raises:
        RunChanged: It is not.
    """
    names = ", ".join(f"{name} = ?" for name in values)
    marks = ", ".join("?" for _ in expected)
    tx.execute(
        f"UPDATE runs SET {names} WHERE id = ? AND state IN ({marks})",  # noqa: S608  - our own column names
        [*(_stored(name, value) for name, value in values.items()), run_id, *expected],
    )
    if tx.changes() != 1:
        raise RunChanged(run_id, expected)


def result_text(tx: Tx, run_id: str) -> str | None:
    """The result of a run as JSON text."""
    row = tx.one("SELECT result FROM runs WHERE id = ?", (run_id,))
    return row[0] if row else None


def stored_answer(tx: Tx, user_id: str, work: tuple[str, str, str], *, ended_since: datetime) -> str | None:
    """The latest run that did this work for this user and whose result and files are all still here.

    `work` is tool, tool version and input digest.
    """
    row = tx.one(
        "SELECT id FROM runs WHERE user_id = ? AND tool_id = ? AND tool_version = ? AND input_digest = ?"
        " AND state = 'succeeded' AND answered_from = '' AND result IS NOT NULL AND ended_at > ?"
        " AND NOT EXISTS (SELECT 1 FROM artefacts WHERE run_id = runs.id"
        " AND (removed_at IS NOT NULL OR expires_at <= ?)) ORDER BY id DESC LIMIT 1",
        (user_id, *work, to_microseconds(ended_since), to_microseconds(tx.now)),
    )
    return row[0] if row else None


def at_work(tx: Tx) -> list[tuple[str, str]]:
    """User and tool of every run that works now, on any server of this database."""
    found = tx.execute(
        "SELECT user_id, tool_id FROM runs WHERE state IN ('queued', 'running') AND state = 'running'"
    )
    return [(row[0], row[1]) for row in found]


def past(tx: Tx, tool_id: str, tool_version: str) -> list[Sample]:
    """The latest measured runs of this tool version, for correcting its forecast."""
    rows = tx.execute(
        "SELECT forecast_cpu_ms, forecast_wall_ms, forecast_peak_bytes,"
        " measured_cpu_ms, measured_wall_ms, measured_peak_bytes FROM runs"
        " WHERE tool_id = ? AND tool_version = ? AND state = 'succeeded' AND measured_cpu_ms IS NOT NULL"
        " ORDER BY id DESC LIMIT ?",
        (tool_id, tool_version, PAST_RUNS),
    )
    return [Sample._make(row) for row in rows]


def charges(tx: Tx, tool_id: str, tool_version: str) -> list[tuple[int, int, int]]:
    """(typical, maximum, charged) of every run of this tool version that worked and succeeded."""
    rows = tx.execute(
        "SELECT typical_credits, maximum_credits, charged_credits FROM runs"
        " WHERE tool_id = ? AND tool_version = ? AND state = 'succeeded' AND answered_from = ''",
        (tool_id, tool_version),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _stored(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in INSTANTS:
        return to_microseconds(value)
    if name in TEXTS_OF_JSON:
        return json.dumps(value)
    if name == "limits":
        return json.dumps(vars(value))
    return value


def _row(row: Row) -> RunRow:
    values = dict(zip(COLUMNS, row, strict=True))
    for name in INSTANTS:
        values[name] = None if values[name] is None else from_microseconds(values[name])
    for name in TEXTS_OF_JSON:
        values[name] = None if values[name] is None else json.loads(values[name])
    values["limits"] = Limits(**json.loads(values["limits"]))
    return RunRow(**values)


def insert_receipt(tx: Tx, user_id: str, receipt: Receipt) -> None:
    """Store a receipt; it never changes afterwards."""
    tx.execute(
        "INSERT INTO receipts (id, run_id, user_id, content, created_at) VALUES (?, ?, ?, ?, ?)",
        (receipt.id, receipt.run_id, user_id, receipt.model_dump_json(), to_microseconds(receipt.created_at)),
    )


def receipt_text(
    tx: Tx, user_id: str, *, receipt_id: str | None = None, run_id: str | None = None
) -> str | None:
    """A receipt of this user as JSON text, by its own id or its run's; the latest when neither is given."""
    row = tx.one(
        "SELECT content FROM receipts WHERE user_id = ?"
        " AND (CAST(? AS text) IS NULL OR id = ?) AND (CAST(? AS text) IS NULL OR run_id = ?)"
        " ORDER BY id DESC LIMIT 1",
        (user_id, receipt_id, receipt_id, run_id, run_id),
    )
    return row[0] if row else None


@dataclass(frozen=True)
class ArtefactRow:
    """One file of a run, and where the server keeps it."""

    name: str
    media_type: str
    size_bytes: int
    digest: str
    path: str
    """Its key in the place for artefacts."""
    expires_at: datetime | None = None
    removed: bool = False


def insert_artefacts(tx: Tx, run_id: str, kept: Sequence[ArtefactRow]) -> None:
    """Store where the files of a run are."""
    for file in kept:
        tx.execute(
            "INSERT INTO artefacts (run_id, name, media_type, size_bytes, digest, path, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(run_id, file.name, file.media_type, file.size_bytes, file.digest, file.path),
                None if file.expires_at is None else to_microseconds(file.expires_at),
            ),
        )


def artefact(tx: Tx, run_id: str, name: str) -> ArtefactRow | None:
    """One file of a run by its name."""
    row = tx.one(
        "SELECT name, media_type, size_bytes, digest, path, expires_at, removed_at FROM artefacts"
        " WHERE run_id = ? AND name = ?",
        (run_id, name),
    )
    if row is None:
        return None
    ends = None if row[5] is None else from_microseconds(row[5])
    return ArtefactRow(row[0], row[1], row[2], row[3], row[4], expires_at=ends, removed=row[6] is not None)
