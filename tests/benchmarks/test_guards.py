"""What makes a benchmark fail: wrong books, wrong answers, a heavy import."""

import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from studio_server.settings import Settings
from studio_server.wiring import build

from benchmarks.books import BooksBroken, checked_effects
from benchmarks.catalogue import TRIVIAL, with_trivial_tool
from benchmarks.history import write_history
from benchmarks.load import Target, WrongAnswers, load
from benchmarks.processes import ServerProcess
from benchmarks.results import Plan, of_samples, paired_ratio, percentile
from studio_magics.tools import catalog


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    folder = tmp_path_factory.mktemp("books")
    settings = Settings.for_local(data_dir=folder, owner="ada")
    write_history(build(settings, registry=with_trivial_tool()))
    yield folder
    catalog.BUILT_IN.pop(TRIVIAL)
    catalog.sources.cache_clear()
    catalog.load.cache_clear()


def test_the_history_of_a_benchmark_keeps_all_invariants(books: Path) -> None:
    assert checked_effects(books) > 100


def test_books_with_a_wrong_balance_fail_the_benchmark(books: Path, tmp_path: Path) -> None:
    copy = tmp_path / "studio.db"
    copy.write_bytes((books / "studio.db").read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE windows SET settled = settled + 1")
        connection.commit()
    with pytest.raises(BooksBroken):
        checked_effects(tmp_path)


class Refusing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(402)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        pass


class Crowded(ThreadingHTTPServer):
    """Takes 32 connections at once, and says nothing when they are cut off."""

    request_queue_size = 64
    daemon_threads = True

    def handle_error(self, *words: object) -> None:
        pass


@pytest.fixture
def refusing() -> Generator[ServerProcess]:
    with Crowded(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield ServerProcess(f"http://127.0.0.1:{server.server_port}", "", os.getpid())
        server.shutdown()
        thread.join()


def test_a_route_that_refuses_gives_no_figure(refusing: ServerProcess) -> None:
    with pytest.raises(WrongAnswers):
        load(Target("refusing", refusing, "GET", "/"), Plan(1, 0.1, "sockets"))


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile(list(map(float, range(1, 101))), 99) == 99.0
    assert percentile([7.0], 99) == 7.0


def test_the_median_of_samples_comes_with_its_bounds() -> None:
    half, most = of_samples("a", "wall", "ms", [4.0, 1.0, 2.0])
    assert (half.value, half.least, half.most, half.samples) == (2.0, 1.0, 4.0, 3)
    assert most.value == 4.0


def test_a_ratio_compares_within_each_round() -> None:
    assert paired_ratio([10.0, 50.0, 30.0], [20.0, 50.0, 30.0]) == 1.0
