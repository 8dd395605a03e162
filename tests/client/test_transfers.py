"""Long transfers over a real server, through a line that breaks: they go on where they were, whole."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_magics.client import transfers
from studio_magics.client.connection import Endpoint
from studio_magics.client.refusals import Conflict, ServerFault, ServerUnreachable
from studio_magics.client.studio_client import StudioClient
from studio_magics.contracts.results import Artefact
from studio_magics.runners.outcome import SavedBy
from studio_magics.testing.server import TestServer, isolated_server

PIECE = 50_000
CONTENT = bytes(range(251)) * 1_000


class Line:
    """A line to the server that lets so many bytes through and then breaks; each number is one connection."""

    def __init__(self, url: str, *lets_through: int) -> None:
        self._target = url.split("//", 1)[1].split("/", 1)[0].split(":")
        self._left = list(lets_through)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, url: str) -> str:
        host, port = self._listener.getsockname()
        return url.replace(":".join(self._target), f"{host}:{port}")

    def close(self) -> None:
        self._listener.close()
        for thread in self._threads:
            thread.join(5)
        for end in self._ends:
            end.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            far = socket.create_connection((self._target[0], int(self._target[1])))
            allowed = self._left.pop(0) if self._left else 1 << 40
            self._ends += [near, far]
            for way in ((far, near, 1 << 40), (near, far, allowed)):
                self._threads.append(threading.Thread(target=_relay, args=way, daemon=True))
                self._threads[-1].start()


def _relay(source: socket.socket, target: socket.socket, allowed: int) -> None:
    try:
        while allowed > 0 and (data := source.recv(min(allowed, 4_096))):
            target.sendall(data)
            allowed -= len(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    with isolated_server() as running:
        yield running


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "PIECE_BYTES", PIECE)
    monkeypatch.setattr("studio_magics.client.studio_client.PIECE_BYTES", PIECE)


OPEN: list[StudioClient] = []


@pytest.fixture(autouse=True)
def all_closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def speaking(url: str, server: TestServer, pauses: list[float] | None = None) -> StudioClient:
    pause = (pauses if pauses is not None else []).append
    OPEN.append(StudioClient(Endpoint(url, server.token, "test"), pause=pause))
    return OPEN[-1]


def given(folder: Path, content: bytes) -> tuple[str, Path]:
    path = folder / "given.bin"
    path.write_bytes(content)
    return "sha256:" + hashlib.sha256(content).hexdigest(), path


def test_a_large_file_goes_in_pieces_and_tells_how_far_it_is(server: TestServer, tmp_path: Path) -> None:
    client = speaking(server.url, server)
    digest, path = given(tmp_path, CONTENT)
    heard: list[tuple[int, int]] = []
    info = client.upload(digest, path, told=lambda here, size: heard.append((here, size)))
    assert info.size_bytes == len(CONTENT)
    assert heard == [(min(PIECE * n, len(CONTENT)), len(CONTENT)) for n in range(1, 7)]


@pytest.mark.parametrize("breaks", [(20_000,), (80_000, 30_000), (1_000, 1_000, 1_000, 120_000)])
def test_an_upload_over_a_line_that_breaks_arrives_whole(
    server: TestServer, tmp_path: Path, breaks: tuple[int, ...]
) -> None:
    digest, path = given(tmp_path, CONTENT + repr(breaks).encode())
    line = Line(server.url, *breaks)
    try:
        info = speaking(line.url(server.url), server).upload(digest, path)
    finally:
        OPEN[-1].close()
        line.close()
    assert (info.digest, info.size_bytes) == (digest, path.stat().st_size)
    assert line.connections > len(breaks)


def test_another_session_sends_only_what_is_missing(server: TestServer, tmp_path: Path) -> None:
    digest, path = given(tmp_path, CONTENT + b"another session")
    client = speaking(server.url, server)

    def stop(here: int, _: int) -> None:
        if here >= 2 * PIECE:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.upload(digest, path, told=stop)
    heard: list[int] = []
    speaking(server.url, server).upload(digest, path, told=lambda here, _: heard.append(here))
    assert heard[0] == 3 * PIECE


def test_a_server_that_stays_away_ends_the_upload_after_stated_waits(
    server: TestServer, tmp_path: Path
) -> None:
    digest, path = given(tmp_path, CONTENT + b"away")
    pauses: list[float] = []
    client = speaking("http://127.0.0.1:9", server, pauses)
    with pytest.raises(ServerUnreachable):
        client.upload(digest, path)
    assert len(pauses) <= 100


def test_a_file_that_changes_while_it_is_sent_is_refused_and_not_kept(
    server: TestServer, tmp_path: Path
) -> None:
    digest, path = given(tmp_path, CONTENT + b"changes")
    client = speaking(server.url, server)

    def change(here: int, size: int) -> None:
        path.write_bytes(bytes(size))

    with pytest.raises(Exception, match="digest"):
        client.upload(digest, path, told=change)
    assert client.upload_info(digest) is None


def test_a_refusal_that_waiting_does_not_cure_is_not_repeated(server: TestServer, tmp_path: Path) -> None:
    digest, path = given(tmp_path, CONTENT + b"size")
    client = speaking(server.url, server)
    with pytest.raises(KeyboardInterrupt):
        client.upload(digest, path, told=_interrupt)
    path.write_bytes(path.read_bytes() + b"longer")
    pauses: list[float] = []
    with pytest.raises(Conflict, match="announced"):
        speaking(server.url, server, pauses).upload(digest, path)
    assert pauses == []


def test_a_file_of_a_result_that_arrived_damaged_is_not_saved(tmp_path: Path) -> None:
    digest = "sha256:" + hashlib.sha256(b"right").hexdigest()
    record = Artefact(name="a.txt", media_type="text/plain", size_bytes=5, digest=digest)
    with pytest.raises(ServerFault, match="damaged"):
        SavedBy(record, lambda: b"wrong").save(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert SavedBy(record, lambda: b"right").save(tmp_path).read_bytes() == b"right"


def test_a_range_with_another_digest_than_announced_is_a_fault() -> None:
    with pytest.raises(ServerFault, match="damaged"):
        transfers._checked(b"wrong", '"sha256:' + hashlib.sha256(b"right").hexdigest() + '"', "http://x")
    assert transfers._checked(b"any", "", "http://x") == b"any"


def _interrupt(*_: int) -> None:
    raise KeyboardInterrupt
