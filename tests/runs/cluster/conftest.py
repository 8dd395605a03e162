"""One cluster with two workers per test file that asks for it; tests that break clusters have their own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from studio_server.runs.executor.cluster.executor import DaskExecutor

from tests.runs.cluster.cluster_bench import TOOLS, Bench, Lifeline
from tests.runs.cluster.local_cluster import LocalCluster

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory):
    running = LocalCluster(tmp_path_factory.mktemp("cluster"))
    running.start(workers=2)
    yield running
    running.stop()


@pytest.fixture
def own_cluster(tmp_path: Path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    running = LocalCluster(folder)
    yield running
    running.stop()


@pytest.fixture
def make_bench(tmp_path: Path):
    benches: list[Bench] = []

    def make(address: str, **options) -> Bench:
        executor = DaskExecutor(address, extra_path=TOOLS, **options)
        benches.append(Bench(executor, tmp_path / f"runs-{len(benches)}"))
        return benches[-1]

    yield make
    for bench in benches:
        bench.executor.close()


@pytest.fixture
def bench(cluster: LocalCluster, make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(cluster.address)


@pytest.fixture
def lifeline(tmp_path: Path):
    line = Lifeline(tmp_path / "lifeline")
    yield line
    os.close(line.reader)
