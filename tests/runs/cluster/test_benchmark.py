"""What the benchmark of runs is compared with is a real task on a real cluster."""

import pytest

pytest.importorskip("distributed")


def test_a_task_of_nothing_is_timed_on_a_worker_process_and_leaves_no_process_behind() -> None:
    from benchmarks.runs.dask_dispatch import dask_dispatch

    with dask_dispatch() as task_ms:
        times = [task_ms() for _ in range(5)]
    print(times)
    assert all(0 < one < 10_000 for one in times)
