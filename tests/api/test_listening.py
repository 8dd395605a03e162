"""The socket a standalone server listens on, and the loop it serves on."""

import asyncio
import socket
import threading

import httpx
import uvloop
from studio_server import standalone
from studio_server.settings import Settings

KEPT_ALIVE = 5


def test_small_answers_leave_at_once_because_the_socket_names_its_protocol() -> None:
    with standalone.listen(standalone.LOOPBACK, 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_a_standalone_server_runs_on_the_fast_loop_and_keeps_connections(tmp_path) -> None:
    ready, found, loops = threading.Event(), [], []

    def on_ready(address: standalone.Address) -> None:
        loops.append(asyncio.get_running_loop())
        found.append(address)
        ready.set()

    settings = Settings.for_local(data_dir=tmp_path, owner="ada")
    server = standalone.StandaloneServer(settings, standalone.listen(standalone.LOOPBACK, 0), on_ready)
    thread = threading.Thread(target=server.run_here)
    thread.start()
    try:
        assert ready.wait(30)
        with httpx.Client(base_url=found[0].url, trust_env=False) as client:
            answers = [client.get("/healthz").status_code for _ in range(KEPT_ALIVE)]
    finally:
        server.stop()
        thread.join(30)
    assert isinstance(loops[0], uvloop.Loop)
    assert answers == [200] * KEPT_ALIVE
