"""Tab on a `%studio` line, through IPython's own completer: never slow, never in the way of other lines."""

import threading
import time

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter

from studio_magics.magics import completion
from studio_magics.magics.completion import Known


@pytest.fixture
def tab(shell, studio, tmp_path, monkeypatch):
    monkeypatch.setattr(completion, "_known", {})
    monkeypatch.chdir(tmp_path)
    shell.user_ns.update(orders=pd.DataFrame({"id": [1]}), number=5, _hidden=pd.DataFrame())

    def press(line):
        with provisionalcompleter():
            found = list(shell.Completer.completions(line, len(line)))
        return [line[: one.start] + one.text for one in found]

    return press


def test_verbs_are_completed_in_the_order_of_the_help(tab):
    found = ["run", "runs", "run-info", "receipt", "recharge"]
    assert tab("%studio r") == [f"%studio {verb}" for verb in found]
    assert "%studio tools" in tab("%studio ")


def test_the_cell_magic_and_an_assignment_are_completed_too(tab):
    assert tab("%%studio est") == ["%%studio estimate"]
    assert tab("report = %studio est") == ["report = %studio estimate"]


def test_names_of_tools_come_from_the_server(tab):
    assert tab("%studio run rem") == ["%studio run remote"]
    assert tab("%studio tool sec") == ["%studio tool security"]


def test_options_are_those_of_the_tool_and_of_the_verb_without_those_given(tab):
    found = tab("%studio run remote --data orders --")
    assert "%studio run remote --data orders --sample-rows" in found
    assert "%studio run remote --data orders --max-credits" in found
    assert "%studio run remote --data orders --data" not in found


def test_data_is_completed_with_tables_and_files_only(tab, tmp_path):
    (tmp_path / "oval.csv").touch()
    assert tab("%studio run remote --data o") == [
        "%studio run remote --data orders",
        "%studio run remote --data oval.csv",
    ]
    assert "%studio run remote --data number" not in tab("%studio run remote --data n")
    assert "%studio run remote --data _hidden" not in tab("%studio run remote --data ")


def test_an_equals_sign_is_no_obstacle(tab):
    assert tab("%studio run remote --data=ord") == ["%studio run remote --data=orders"]


def test_a_path_is_completed_below_its_folder(tab, tmp_path):
    (tmp_path / "etl").mkdir()
    (tmp_path / "etl" / "first.csv").touch()
    assert tab("%studio run remote --data et") == ["%studio run remote --data etl/"]
    assert tab("%studio run remote --data etl/f") == ["%studio run remote --data etl/first.csv"]


def test_the_file_of_an_export_is_completed_and_so_is_its_option(tab, tmp_path):
    (tmp_path / "kept").mkdir()
    assert tab("%studio exp") == ["%studio export"]
    assert tab("%studio export k") == ["%studio export kept/"]
    assert tab("%studio export --") == ["%studio export --force"]
    assert tab("%studio export mine.zip --") == ["%studio export mine.zip --force"]


def test_choices_of_an_option_are_completed(tab):
    assert tab("%studio run remote --depth ") == [
        "%studio run remote --depth quick",
        "%studio run remote --depth full",
    ]
    assert tab("%studio run counter --on s") == ["%studio run counter --on server"]


def test_a_wrong_verb_has_no_suggestions(tab):
    assert tab("%studio nothing at all") == []


def test_other_lines_are_left_alone(tab):
    assert "number" in " ".join(tab("numb"))


@pytest.mark.measures_time
def test_a_slow_server_costs_a_moment_once_and_the_tools_of_the_kernel_are_offered(studio):
    gate = threading.Event()

    class Slow(Known):
        def _fetch_names(self):
            gate.wait(10)
            return ["late"]

    known = Slow(studio)
    started = time.perf_counter()
    assert "counter" in known.names()
    assert time.perf_counter() - started < 3
    gate.set()
    for thread in threading.enumerate():
        if thread.name == "studio-completion":
            thread.join()
    assert known.names() == ["late"]


def test_completion_starts_no_server(studio, monkeypatch):
    studio.disconnect()
    assert studio.session.client_if_known() is None


def test_numbers_of_runs_are_completed_and_those_that_can_be_cancelled_alone_after_cancel(tab, studio, fake):
    for _ in range(3):
        studio.run("remote", data=pd.DataFrame({"id": [1]}), fresh=True, detach=True)
    studio.wait("run_2", quiet=True)
    assert tab("%studio wait ") == [f"%studio wait run_{number}" for number in (3, 1, 2)]
    assert tab("%studio run-info run_2") == ["%studio run-info run_2"]
    assert tab("%studio cancel ") == ["%studio cancel run_3", "%studio cancel run_1"]
