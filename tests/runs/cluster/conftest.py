"""One cluster with two workers per test file that asks for it; tests that break clusters have their own."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from studio_server.runs.executor.cluster.executor import DaskExecutor

from tests.runs.cluster.cluster_bench import TOOLS, Bench, Lifeline, wait_until
from tests.runs.cluster.local_cluster import LocalCluster
from tests.runs.cluster.other_work import OtherWork

pytest.importorskip("distributed")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def tools():
    """The tools in a folder that runs can read whoever they are, with room for pipes."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(TOOLS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory):
    running = LocalCluster(tmp_path_factory.mktemp("cluster"))
    running.start(workers=2)
    yield running
    running.stop()


@pytest.fixture
def others(own_cluster: LocalCluster):
    """Somebody else's work on `own_cluster`, which has one worker with one thread."""
    own_cluster.start(workers=1, threads=1)
    with OtherWork(own_cluster.address) as work:
        yield work


@pytest.fixture
def own_cluster(tmp_path: Path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    running = LocalCluster(folder)
    yield running
    running.stop()


@pytest.fixture
def make_bench(tmp_path: Path, tools: Path):
    benches: list[Bench] = []

    def make(address: str, **options) -> Bench:
        executor = DaskExecutor(address, extra_path=tools, **options)
        benches.append(Bench(executor, tmp_path / f"runs-{len(benches)}"))
        return benches[-1]

    yield make
    for bench in benches:
        bench.executor.close()


@pytest.fixture
def bench(cluster: LocalCluster, make_bench: Callable[..., Bench]) -> Bench:
    made = make_bench(cluster.address)
    wait_until(lambda: made.executor.capacity == 4)
    return made


@pytest.fixture
def make_lifeline(tools: Path):
    lines: list[Lifeline] = []

    def make() -> Lifeline:
        lines.append(Lifeline(tools / f"lifeline-{next(_numbers)}"))
        return lines[-1]

    yield make
    for line in lines:
        os.close(line.reader)


@pytest.fixture
def lifeline(make_lifeline: Callable[[], Lifeline]) -> Lifeline:
    return make_lifeline()
