"""`studio-server plan`: an operator puts somebody on a plan, once per reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server import cli

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def run(folder: Path, *words: str) -> int:
    return cli.main(["--data-dir", str(folder), "--owner", "ada", "plan", *words])


def test_a_plan_is_shown_changed_once_per_reference_and_cancelled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "ada") == 0
    assert "Free until" in capsys.readouterr().out
    for _ in range(2):
        assert run(tmp_path, "ada", "supporter", "--reference", "order-1") == 0
        said = capsys.readouterr().out
        assert said.startswith("Supporter until ")
        assert said.endswith("it goes on; 3,300 credits available\n")
    assert run(tmp_path, "ada", "free", "--reference", "order-2") == 0
    assert "then Free; 3,300 credits available" in capsys.readouterr().out


def test_what_cannot_be_is_refused_in_one_line_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "ada", "gold", "--reference", "order-1") == 1
    assert capsys.readouterr().out == "studio-server: there is no plan 'gold'\n"
    assert run(tmp_path, "ada", "pro") == 1
    assert "--reference" in capsys.readouterr().out
    run(tmp_path, "ada", "pro", "--reference", "order-1")
    capsys.readouterr()
    assert run(tmp_path, "ada", "supporter", "--reference", "order-1") == 1
    assert "already stands for a change to 'pro'" in capsys.readouterr().out
