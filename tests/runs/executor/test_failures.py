import pytest
from studio_server.runs.executor.protocol import Rejection

from studio_magics.contracts.catalogue import RunLimits

MEGABYTE = 1 << 20


def test_inputs_that_do_not_fit_the_model_are_rejected_with_field_found_and_allowed(bench):
    outcome = bench.run("BURN", cpu_ms="much")
    assert outcome.kind == "input_rejected"
    assert (outcome.rejection.field, outcome.rejection.found) == ("cpu_ms", "'much'")
    assert "valid integer" in outcome.rejection.allowed


def test_an_unknown_field_is_rejected_by_its_name(bench):
    assert bench.run("TRIVIAL", extra=1).rejection.field == "extra"


def test_a_missing_field_is_rejected_as_nothing(bench):
    assert bench.run("BURN").rejection.found == "nothing"


def test_a_tools_own_rejection_keeps_its_advice(bench, upload):
    file, files = upload(b"x\n", "a.csv")
    outcome = bench.run("COUNT", files=files, file=file, least=-1)
    assert outcome.kind == "input_rejected"
    assert outcome.rejection == Rejection("least", "-1", "0 or more", "leave it out")


def test_a_file_that_was_not_uploaded_is_a_rejected_input(bench, upload):
    file, _ = upload(b"x\n", "a.csv")
    assert bench.run("COUNT", file=file).rejection.field == "a.csv"


def test_an_exception_becomes_one_line_without_a_path(bench):
    outcome = bench.run("END", how="raise")
    assert (outcome.kind, outcome.message) == ("tool_failed", "ValueError: cannot read place.csv")
    assert outcome.measured.wall_ms > 0


@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ("exit", "tool_failed", "SystemExit: 3"),
        ("leave", "tool_failed", "the tool ended without an answer"),
        ("nonsense", "tool_failed", "TypeError: the tool returned str instead of a ToolResult"),
        ("SIGSEGV", "tool_failed", "the tool crashed (SIGSEGV)"),
    ],
)
def test_a_tool_that_ends_itself_failed(bench, how, kind, message):
    outcome = bench.run("END", how=how)
    assert (outcome.kind, outcome.message) == (kind, message)


@pytest.mark.parametrize("how", ["text answer", "forged measurement"])
def test_an_answer_that_is_not_one_is_no_success_and_is_measured_all_the_same(bench, how):
    outcome = bench.run("END", how=how)
    assert outcome.kind == "tool_failed"
    assert outcome.measured.cpu_ms > 0


@pytest.mark.parametrize("how", ["memory", "reserve"])
def test_running_out_of_memory_or_address_space_is_the_memory_limit(bench, how):
    outcome = bench.run("END", how=how)
    assert outcome.kind == "limit_memory"
    assert outcome.message.startswith("needed more than 537 MB of memory; try ")


@pytest.mark.parametrize("how", ["SIGABRT", "SIGSEGV", "SIGTRAP"])
def test_a_crash_close_to_the_memory_limit_is_the_memory_limit(bench, how):
    limits = RunLimits(cpu_ms=20_000, wall_ms=30_000, memory_bytes=128 * MEGABYTE, output_bytes=MEGABYTE)
    assert bench.run("END", limits=limits, how=how, megabytes=100).kind == "limit_memory"


def test_a_tool_that_is_not_installed_is_the_platforms_fault(bench):
    job = bench.job("TRIVIAL", {})
    job = type(job)(**{**vars(job), "tool_reference": "", "tool_id": "test-studio-nowhere"})
    outcome = bench.executor.start(job, bench.heard.put).wait(30)
    assert (outcome.kind, "could not be loaded" in outcome.message) == ("lost", True)


def test_a_reference_to_another_tool_is_not_run(bench):
    job = bench.job("TRIVIAL", {})
    job = type(job)(**{**vars(job), "tool_reference": "sample_tools:END"})
    assert bench.executor.start(job, bench.heard.put).wait(30).kind == "lost"


def test_an_upload_missing_from_the_store_is_the_platforms_fault(bench, upload, tmp_path):
    file, files = upload(b"x\n", "a.csv")
    [stored] = files.values()
    stored.unlink()
    assert bench.run("COUNT", files=files, file=file).kind == "lost"
