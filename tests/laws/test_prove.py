"""The runner of `make prove` counts honestly: what was not tried or did not end is never told as held."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scripts.checks import PROOF_WORDS
from tests.laws.prove import one, page, records, running
from tests.laws.prove.laws import LAWS
from tests.laws.prove.plan import WORDS, Case, UnknownWord, understood
from tests.laws.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

SIMULATION = LAWS[0]
CLEAN = records.Record("simulation", 1_000, 7, 0, 1.5, "", "abc1234", "2026-11-25")


def names(*words: str) -> list[str]:
    return [case.law.name for case in understood(words).cases]


def ended(script: str, *, limit_seconds: float = 30.0) -> Tally | None:
    case = Case(SIMULATION, 10, 7, limit_seconds)
    told: list[running.Tried] = []
    asyncio.run(running.all_of([case], told.append, (sys.executable, "-c", script)))
    assert [tried.case for tried in told] == [case]
    return told[0].tally


def test_without_words_every_law_gets_its_short_count() -> None:
    assert [(case.law, case.count) for case in understood([]).cases] == [(law, law.short) for law in LAWS]


def test_an_explicit_count_alone_runs_that_law_alone() -> None:
    plan = understood(["SIMULATION=5", "SEED=9"])
    assert [(case.law.name, case.count, case.seed) for case in plan.cases] == [("simulation", 5, 9)]


def test_a_family_sets_the_count_of_both_engines_and_an_engine_its_own() -> None:
    counts = {case.law.name: case.count for case in understood(["KILLS=5", "KILLS_POSTGRESQL=3"]).cases}
    assert counts == {"kills_sqlite": 5, "kills_postgresql": 3}


def test_a_long_run_with_one_count_still_runs_every_law() -> None:
    counts = {case.law.name: case.count for case in understood(["N=long", "FAULTS=7"]).cases}
    assert counts == {law.name: 7 if law.name == "faults" else law.long for law in LAWS}


def test_only_names_families_and_single_rows() -> None:
    assert names("ONLY=kills,races_sqlite") == ["races_sqlite", "kills_sqlite", "kills_postgresql"]


@pytest.mark.parametrize(
    "word", ["SIMULATIONS=1", "N=longer", "SEED=x", "ONLY=luck", "SIMULATION", "FAULTS=-1"]
)
def test_a_word_that_means_nothing_is_refused(word: str) -> None:
    with pytest.raises(UnknownWord):
        understood([word])


def test_a_process_that_leaves_no_tally_is_a_finding_with_its_status() -> None:
    tally = ended("import sys; sys.exit(7)")
    assert tally
    assert tally.findings == ["ended with status 7 and no tally"]


def test_a_process_that_does_not_end_is_killed_and_is_a_finding() -> None:
    tally = ended("import threading; threading.Event().wait()", limit_seconds=0.3)
    assert tally
    assert "no result after" in tally.findings[0]


def test_a_tally_comes_back_from_the_process_as_it_was_written() -> None:
    tally = ended(
        "import json, sys; name, count, seed, file = sys.argv[1:]; open(file, 'w').write("
        "json.dumps({'name': name, 'count': int(count), 'seed': int(seed), 'findings': ['x']}))"
    )
    assert tally == Tally("simulation", 10, 7, ["x"])


def test_a_machine_without_postgresql_is_told_apart_from_a_law_that_held() -> None:
    assert ended("import sys; sys.exit(3)") is None


def test_a_law_without_a_harness_is_a_finding_that_names_it() -> None:
    tally = one.tried(replace(SIMULATION, harness="tests.laws.nowhere"), 1, 7)
    assert tally.findings == ["tests.laws.nowhere does not exist"]


def test_a_module_without_run_is_a_finding_that_names_it() -> None:
    tally = one.tried(replace(SIMULATION, harness="tests.laws.tally"), 1, 7)
    assert tally.findings == ["tests.laws.tally has no run()"]


def test_trying_nothing_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.laws.tally.run", lambda _, seed: Tally("none", 0, seed), raising=False)
    assert one.tried(replace(SIMULATION, harness="tests.laws.tally"), 1, 7).findings == ["nothing was tried"]


def test_a_shorter_run_does_not_replace_the_figures_of_a_longer_one(tmp_path: Path) -> None:
    longest = tmp_path / "proof.json"
    for count in (1_000, 999, 5):
        records.kept(replace(CLEAN, count=count), tmp_path, longest)
    assert records.longest_of(longest)["simulation"].count == 1_000
    assert records.latest_of(tmp_path / "none", tmp_path / "none.json") == {}
    assert records.latest_of(tmp_path / "none", longest)["simulation"].count == 1_000


def test_a_run_with_findings_is_the_latest_but_never_the_longest_clean_one(tmp_path: Path) -> None:
    latest, longest = tmp_path / "latest", tmp_path / "proof.json"
    records.kept(CLEAN, latest, longest)
    records.kept(replace(CLEAN, count=2_000, findings=1), latest, longest)
    assert records.longest_of(longest)["simulation"] == CLEAN
    assert records.latest_of(latest, longest)["simulation"].findings == 1


def test_the_page_says_which_laws_were_not_tried() -> None:
    told = page.text({"simulation": CLEAN}, {"simulation": replace(CLEAN, findings=3)})
    assert told.count("none yet") == 2 * (len(LAWS) - 1)
    assert "| simulation | 1,000 ledger commands | 7 | 0 | 2 s | abc1234 | 2026-11-25 |" in told
    assert "| simulation | 1,000 ledger commands | 7 | 3 | 2 s |" in told


def test_make_passes_on_every_word_that_the_runner_understands() -> None:
    assert set(PROOF_WORDS) >= WORDS


def test_every_law_is_named_once_and_says_what_goes_wrong_and_how_it_is_seen() -> None:
    assert len({law.name for law in LAWS}) == len(LAWS)
    assert all(law.fault and law.oracle and 0 < law.short <= law.long for law in LAWS)
