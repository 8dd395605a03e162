"""Set-up does a step once, repeats it when something changed, and says what went wrong."""

import sys
from pathlib import Path

import pytest

from scripts import commands, failures, steps


class Counted:
    """Work that makes its proof and counts how often it was done."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof
        self.times = 0

    def __call__(self) -> None:
        self.times += 1
        self.proof.write_text("made")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    monkeypatch.setattr(steps, "STAMPS", tmp_path / "stamps")
    return Counted(tmp_path / "proof")


def test_a_step_with_the_same_key_is_done_once(work: Counted) -> None:
    steps.step("One", "key", work, proof=work.proof)
    steps.step("One", "key", work, proof=work.proof)
    assert work.times == 1


def test_a_step_is_repeated_when_its_proof_is_gone(work: Counted) -> None:
    steps.step("One", "key", work, proof=work.proof)
    work.proof.unlink()
    steps.step("One", "key", work, proof=work.proof)
    assert work.times == 2


def test_a_step_is_repeated_when_what_it_is_made_from_has_changed(work: Counted) -> None:
    steps.step("One", "key", work, proof=work.proof)
    steps.step("One", "new key", work, proof=work.proof)
    assert work.times == 2


def test_a_failing_step_leaves_no_stamp_and_is_repeated(work: Counted) -> None:
    def fails() -> None:
        work.proof.write_text("half made")
        raise failures.SetupFailed("a lack", action="an action")

    with pytest.raises(failures.SetupFailed):
        steps.step("One", "key", fails, proof=work.proof)
    steps.step("One", "key", work, proof=work.proof)
    assert work.times == 1


def test_a_failed_program_shows_the_end_of_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "LOGS", tmp_path)
    with pytest.raises(failures.CommandFailed) as caught:
        commands.quietly([sys.executable, "-c", "print('the reason'); raise SystemExit(3)"], "one")
    assert caught.value.status == 3
    assert "the reason" in str(caught.value)


def test_a_program_that_does_not_exist_fails_as_in_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "LOGS", tmp_path)
    with pytest.raises(failures.CommandFailed) as caught:
        commands.quietly([tmp_path / "nowhere"], "one")
    assert caught.value.status == 127


def test_started_programs_may_write_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in commands.surroundings()
