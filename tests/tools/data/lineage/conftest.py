"""A run's surroundings for tests: files in one folder, a clock that stands still."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.contracts.results import Artefact
from studio_magics.tools.base import RunCancelled
from studio_magics.tools.data.lineage import TOOL

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SHOP = """
CREATE TABLE shop.orders (id int, customer_id int, amount numeric(10, 2), status text, placed_at timestamp);
CREATE TABLE customers (id int PRIMARY KEY, name text, country text);
CREATE VIEW paid AS SELECT id, customer_id, amount FROM orders WHERE status = 'paid';
CREATE TABLE by_customer AS
  WITH p AS (SELECT * FROM paid)
  SELECT c.id AS customer, c.name, sum(p.amount) AS total, count(*) AS orders
  FROM customers c LEFT JOIN p ON p.customer_id = c.id GROUP BY c.id, c.name;
INSERT INTO report (who, money) SELECT name, total * 2 FROM by_customer WHERE total > 10;
"""


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass
class FolderContext:
    """`RunContext` over a folder; keeps what it was told."""

    folder: Path
    now: datetime = NOON
    place: str = "server"
    stages: list[tuple[float, str]] = field(default_factory=list)
    artefacts: dict[str, bytes] = field(default_factory=dict)
    cancel_at: float = 2.0

    def put(self, name: str, content: bytes | str) -> InputFile:
        raw = content.encode() if isinstance(content, str) else content
        digest = digest_of(raw)
        (self.folder / f"{digest.removeprefix('sha256:')}{Path(name).suffix}").write_bytes(raw)
        return InputFile(digest=digest, name=name, size_bytes=len(raw))

    def put_folder(self, contents: dict[str, bytes | str], name: str = "project") -> InputFolder:
        files = tuple(self.put(file, content) for file, content in sorted(contents.items()))
        return InputFolder(name=name, files=files)

    def path(self, file: InputFile) -> Path:
        return self.folder / f"{file.digest.removeprefix('sha256:')}{Path(file.name).suffix}"

    def progress(self, fraction: float, stage: str) -> None:
        self.stages.append((fraction, stage))
        if fraction >= self.cancel_at:
            raise RunCancelled

    def add_artefact(self, name: str, media_type: str, content: bytes, *, title: str = "") -> Artefact:
        self.artefacts[name] = content
        return Artefact(
            name=name, media_type=media_type, size_bytes=len(content), digest=digest_of(content), title=title
        )


@pytest.fixture
def context(tmp_path):
    return FolderContext(tmp_path)


@pytest.fixture
def trace(context):
    """Run the tool on a text, or on files with `source=`."""

    def run(sql="", **options):
        return TOOL.run(TOOL.input_model.model_validate({"sql": sql, **options}), context)

    return run


@pytest.fixture
def comes_from():
    """What the table of columns says of one column."""

    def find(result, dataset, column):
        table = next(one for one in result.tables if one.title == "Where each column comes from")
        return next(row[2] for row in table.rows if row[:2] == (dataset, column))

    return find


@pytest.fixture
def found():
    """The findings with this code."""

    def find(result, code):
        return [one for one in result.findings if one.code == code]

    return find


@pytest.fixture
def shop():
    return SHOP
