"""Checkers in processes of their own: limited, and with nothing of the user's surroundings."""

import json
import sys

import pytest

from studio_magics.tools.dev.programs import ProgramFailed, program_path, run_program


def python(text, folder, **options):
    return run_program([sys.executable, "-c", text], folder, **options)


def test_a_program_sees_nothing_of_the_surroundings(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDIO_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    seen = json.loads(python("import json, os; print(json.dumps(dict(os.environ)))", tmp_path).result)
    assert not {"STUDIO_TOKEN", "PYTHONPATH"} & seen.keys()
    assert seen["HOME"] == str(tmp_path)


def test_a_program_reads_nothing_and_works_in_its_folder(tmp_path):
    written = python("import os, sys; print(os.getcwd(), repr(sys.stdin.read()))", tmp_path)
    assert written.result.decode().split() == [str(tmp_path.resolve()), "''"]


def test_a_program_that_is_too_slow_is_ended(tmp_path):
    with pytest.raises(ProgramFailed, match="longer than"):
        python("import threading; threading.Event().wait(60)", tmp_path, seconds=0.5)


def test_a_program_that_fails_is_no_result(tmp_path):
    with pytest.raises(ProgramFailed) as failed:
        python("import sys; print('part'); sys.exit('why')", tmp_path)
    assert (failed.value.code, "why" in str(failed.value)) == (1, True)


def test_codes_that_mean_findings_are_allowed_by_name(tmp_path):
    written = python("import sys; print('found'); sys.exit(13)", tmp_path, allowed=(0, 13))
    assert written.result == b"found\n"


def test_a_program_that_is_not_installed_is_named():
    with pytest.raises(ModuleNotFoundError) as missing:
        program_path("no-such-checker")
    assert missing.value.name == "no-such-checker"
