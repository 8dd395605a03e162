"""Clusters that tests leave behind are taken away by the next ones, those of living tests never."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.fakes import postgres

if TYPE_CHECKING:
    from pathlib import Path

OLD = 1_000_000_000


def _ended() -> int:
    """The number of a process that has gone."""
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
        process.wait()
        return process.pid


@pytest.mark.parametrize(
    ("owner", "age", "stays"),
    [
        ("ours", "old", True),
        ("ended", "young", False),
        ("nobody", "young", True),
        ("nobody", "old", False),
    ],
)
def test_what_is_left_behind_is_what_has_no_owner_any_more(
    tmp_path: Path, owner: str, age: str, stays: bool
) -> None:
    folder = tmp_path / f"{postgres.PREFIX}one"
    folder.mkdir()
    if owner != "nobody":
        (folder / postgres.OWNER).write_text(str(os.getpid() if owner == "ours" else _ended()))
    if age == "old":
        os.utime(folder, (OLD, OLD))
    postgres._forget_left_behind(str(tmp_path))
    assert folder.exists() == stays


def test_a_server_that_still_runs_is_not_taken_away(tmp_path: Path) -> None:
    folder = tmp_path / f"{postgres.PREFIX}one"
    (folder / "data").mkdir(parents=True)
    (folder / postgres.OWNER).write_text(str(_ended()))
    (folder / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    postgres._forget_left_behind(str(tmp_path))
    assert folder.exists()


@dataclass
class Standing:
    """In place of a cluster: knows whether it is still there."""

    removed: bool = False

    def remove(self) -> None:
        """As the cluster's own."""
        self.removed = True


def test_a_process_takes_its_own_clusters_away_and_leaves_those_it_was_born_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, of_the_parent = Standing(), Standing()
    monkeypatch.setattr(postgres, "_started", [(os.getpid(), ours), (_ended(), of_the_parent)])
    monkeypatch.setattr(postgres, "cluster", cache(Standing))
    postgres.remove_clusters()
    assert (ours.removed, of_the_parent.removed) == (True, False)
    assert postgres._started == []
