import pytest

from studio_magics.contracts.catalogue import RunLimits

MEGABYTE = 1 << 20


def limits(*, cpu_ms=20_000, wall_ms=30_000, memory_megabytes=512, output_bytes=4 * MEGABYTE):
    return RunLimits(
        cpu_ms=cpu_ms, wall_ms=wall_ms, memory_bytes=memory_megabytes * MEGABYTE, output_bytes=output_bytes
    )


@pytest.mark.measures_time
def test_the_cpu_limit_counts_four_children_together(bench):
    outcome = bench.run("BURN", limits=limits(cpu_ms=1_200), cpu_ms=8_000, children=4)
    assert outcome.kind == "limit_cpu"
    assert outcome.message == "needed more than 1.2 s of CPU time; try a smaller input or a sample"
    assert 1_200 <= outcome.measured.cpu_ms < 4_000


def test_the_memory_limit_counts_three_children_together(bench):
    outcome = bench.run("HOLD", limits=limits(memory_megabytes=200), megabytes=90, children=3, seconds=600)
    assert outcome.kind == "limit_memory"
    assert outcome.message.startswith("needed more than 210 MB of memory")
    assert outcome.measured.peak_bytes >= 200 * MEGABYTE


@pytest.mark.measures_time
def test_a_tool_that_sleeps_meets_the_wall_limit_and_costs_no_cpu(bench, lifeline):
    outcome = bench.run("WAIT", limits=limits(wall_ms=900), fifo=str(lifeline.path))
    assert (outcome.kind, outcome.message[:22]) == ("limit_wall", "took longer than 0.9 s")
    assert 900 <= outcome.measured.wall_ms < 9_000
    assert outcome.measured.cpu_ms < 900
    assert lifeline.is_free()


def test_artefacts_above_the_output_limit_are_not_kept(bench):
    outcome = bench.run("ARTEFACT", limits=limits(output_bytes=MEGABYTE), size=2 * MEGABYTE)
    assert outcome.kind == "limit_output"
    assert outcome.message.startswith("made 2.1 MB of results where 1.05 MB are allowed")
    assert outcome.artefacts == ()


def test_a_tool_that_swallows_the_output_limit_still_meets_it(bench):
    outcome = bench.run("ARTEFACT", limits=limits(output_bytes=MEGABYTE), size=2 * MEGABYTE, stubborn=True)
    assert outcome.kind == "limit_output"


def test_a_result_above_the_output_limit_is_refused(bench):
    assert bench.run("MUCH", limits=limits(output_bytes=1_000), size=2_000).kind == "limit_output"


def test_a_result_that_is_too_large_to_be_shown_is_refused_where_files_of_its_size_are_kept(bench):
    outcome = bench.run("MUCH", size=1_200_000)
    assert outcome.kind == "limit_output"
    assert outcome.message.startswith("made a result of 1.2 MB where 1 MB are allowed")
    assert bench.run("ARTEFACT", size=2 * MEGABYTE).kind == "succeeded"


@pytest.mark.parametrize("one_file", [True, False])
def test_a_tool_that_fills_the_disk_is_stopped(make_bench, one_file):
    outcome = make_bench(scratch_bytes=4 * MEGABYTE).run("DISK", size=8, stubborn=one_file)
    assert outcome.kind == "limit_disk"
    assert outcome.message.startswith("needed more than 4.19 MB of temporary disk space")


def test_a_tool_that_starts_too_many_processes_failed(make_bench):
    outcome = make_bench(processes=20).run("MANY")
    assert outcome.kind == "tool_failed"
    assert outcome.message == "the tool started more than 20 processes at once"
