"""Every disk fault on the money routes, in small; `make prove` tries thousands."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

from studio_server.storage.recovery import Recovery
from studio_server.storage.writer import Writer

from tests.laws.faults import run
from tests.laws.faults.routes import prepare, routes
from tests.laws.faults.run import disk, every_point
from tests.laws.twins import answer_before_commit

if TYPE_CHECKING:
    import pytest

POINTS = int(os.environ.get("STUDIO_FAULTS", "80"))
FEW = 10


def test_no_disk_fault_loses_or_doubles_what_was_answered_and_the_store_comes_back() -> None:
    seed = int(os.environ.get("STUDIO_SEED", random.SystemRandom().randrange(2**32)))
    print(f"STUDIO_SEED={seed}")
    tally = run(POINTS, seed)
    assert tally.findings == []
    assert tally.count >= POINTS


def _findings(route: str) -> list[str]:
    with disk() as (folder, faults):
        start = prepare(folder)
        return every_point(route, routes(start)[route], start, faults, limit=FEW)[1]


def test_an_answer_before_its_commit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: with the answer in front of the commit, a fault loses what was answered, and that is seen."""
    monkeypatch.setattr(Writer, "_commit", answer_before_commit)
    assert any("answered but not recorded" in finding for finding in _findings("grant"))


def test_a_store_that_does_not_come_back_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: without recovery the store stays stopped, and that is seen."""
    monkeypatch.setattr(Recovery, "attempt", lambda _: None)
    assert any("still stopped" in finding for finding in _findings("hold"))


def test_a_fault_that_reaches_the_caller_as_it_is_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: what SQLite says of a full disk is nothing a client can use, and that is seen."""
    monkeypatch.setattr(Writer, "_give_up", _tell_as_it_is)
    assert any("failed with" in finding for finding in _findings("settle"))


def _tell_as_it_is(self: Writer, error: Exception, done: list) -> None:
    self.stop(str(error))
    self._session.roll_back()
    for job, _ in done:
        job.answer.refuse(error.__cause__ or error)
