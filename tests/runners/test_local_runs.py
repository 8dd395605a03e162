"""What can run in the kernel runs there for 0 credits, without any server."""

import logging

import pandas as pd
import pytest

from studio_magics.client.refusals import (
    InputRefused,
    NotInstalled,
    RunStopped,
    ServerUnreachable,
    Unknown,
    UsageRefused,
)
from studio_magics.runners.context import FIXED_TIME_VARIABLE
from tests.runners.counting import offered

FRAME = pd.DataFrame({"id": [1, 2]})


def test_a_run_in_the_kernel_needs_no_server_and_costs_nothing(alone):
    run = alone.run("counter", data=FRAME)
    assert (run.state, run.place, run.receipt, run.charged_credits) == ("succeeded", "kernel", None, 0)
    assert run.cost_display().text == "✔ Counter · 0 credits · ran in this kernel"


def test_a_run_in_the_kernel_asks_the_server_nothing(studio, fake):
    studio.run("counter", data=FRAME)
    assert fake.asked == []


def test_the_files_of_a_run_live_as_long_as_the_run(alone, tmp_path):
    run = alone.run("counter", data=FRAME)
    saved = run.artefact("sizes.txt").save(tmp_path)
    assert saved == tmp_path / "sizes.txt"
    assert saved.read_bytes() == run.artefacts[0].read()
    with pytest.raises(Unknown) as refused:
        run.artefact("size.txt")
    assert refused.value.action == "did you mean 'sizes.txt'?"


def test_the_tool_reads_a_file_under_the_ending_of_its_record(alone, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id\n1\n")
    assert alone.run("counter", data=path).result.summary["suffixes"] == [".csv"]
    assert alone.run("counter", data=FRAME).result.summary["suffixes"] == [".parquet"]


def test_a_table_of_the_result_becomes_a_data_frame(alone, tmp_path):
    (tmp_path / "a.csv").write_text("12345")
    frame = alone.run("counter", folder=tmp_path).to_frame("Sizes")
    assert frame.to_dict("records") == [{"file": "a.csv", "size": 5}]
    with pytest.raises(Unknown):
        alone.run("counter").table("Other")


def test_a_run_prints_as_its_text_in_a_plain_script(alone):
    assert str(alone.run("counter")).startswith("✔ Counter · 0 credits · ran in this kernel\n0 files at")
    assert "result" not in repr(alone.run("counter"))


def test_a_wrong_input_names_field_found_and_allowed_before_the_tool_starts(alone):
    with pytest.raises(InputRefused) as refused:
        alone.run("counter", times=99)
    assert refused.value.lines()[0] == (
        "✘ The input of Counter was refused. times: found 99; allowed: less than or equal to 9."
    )


def test_a_value_of_the_wrong_type_is_told_in_plain_words_with_the_tool_to_look_at(alone):
    with pytest.raises(InputRefused) as refused:
        alone.run("counter", times="many")
    assert refused.value.lines() == [
        "✘ The input of Counter was refused. times: found 'many'; allowed: a whole number.",
        "  Next: %studio tool counter shows its inputs",
    ]


def test_an_unknown_input_names_the_closest_one(alone):
    with pytest.raises(InputRefused) as refused:
        alone.run("counter", tmes=1)
    assert refused.value.action == "did you mean --times?"


def test_an_input_that_the_tool_turns_down_is_two_lines(alone):
    with pytest.raises(InputRefused) as refused:
        alone.run("counter", behave="reject")
    assert refused.value.lines() == [
        "✘ The input of Counter was refused. data: found no rows; allowed: at least one row.",
        "  Next: give a table with rows",
    ]


@pytest.mark.parametrize("ask", ["run_info", "receipt", "cancel"])
def test_a_run_in_the_kernel_is_not_looked_for_on_the_server(alone, ask):
    with pytest.raises(UsageRefused) as refused:
        getattr(alone, ask)(alone.run("counter").id)
    assert "the server keeps no record of it" in refused.value.what


def test_a_file_that_cannot_be_saved_says_where_and_why(alone, tmp_path):
    with pytest.raises(UsageRefused) as refused:
        alone.run("counter").artefacts[0].save(tmp_path / "no folder" / "x.txt")
    assert refused.value.what.endswith("x.txt': No such file or directory.")


def test_an_interrupt_stops_the_run_and_says_that_nothing_was_charged(alone):
    with pytest.raises(RunStopped) as refused:
        alone.run("counter", behave="interrupt")
    assert "nothing was charged" in refused.value.what


def test_an_unexpected_fault_of_a_tool_keeps_its_traceback(alone):
    with pytest.raises(ZeroDivisionError):
        alone.run("counter", behave="break")


def test_a_missing_library_names_itself_and_the_way_out(alone):
    with pytest.raises(NotInstalled) as refused:
        alone.run("counter", behave="lack")
    assert "a_library_nobody_has" in refused.value.lines()[0]
    assert "--on server" in refused.value.lines()[1]


def test_the_estimate_of_a_run_in_the_kernel_is_nothing_and_needs_no_server(alone):
    found = alone.estimate("counter", data=FRAME)
    assert (found.place, found.max_credits, found.quote) == ("kernel", 0, None)


def test_without_a_server_the_tools_of_the_kernel_are_listed(alone):
    found = alone.tools("counter")
    assert [tool.id for tool in found.tools] == ["data-studio-counter"]
    assert alone.tool("counter").cell_field == "note"


def test_a_metered_run_without_a_server_says_so(alone):
    with pytest.raises(ServerUnreachable):
        alone.run("counter", on="server")


def test_an_unknown_tool_names_the_closest_one_without_a_server(alone):
    with pytest.raises(Unknown) as refused:
        alone.run("countr")
    assert "'counter'" in refused.value.action


def test_a_place_that_does_not_exist_is_refused(alone):
    with pytest.raises(UsageRefused):
        alone.run("counter", on="moon")


def test_two_packages_that_offer_one_tool_are_refused_in_two_lines(alone, tmp_path):
    with offered(tmp_path, COUNTER="dev-studio-cost"), pytest.raises(UsageRefused) as refused:
        alone.run("counter")
    assert "dev-studio-cost" in refused.value.what


def test_a_test_execution_may_fix_the_time_that_tools_see(alone, monkeypatch):
    monkeypatch.setenv(FIXED_TIME_VARIABLE, "2026-01-15T09:00:00+00:00")
    assert alone.run("counter").result.headline == "0 files at 2026-01-15T09:00:00+00:00"


def test_nothing_is_logged_by_a_run(alone, caplog):
    with caplog.at_level(logging.DEBUG):
        alone.run("counter")
    assert caplog.records == []
