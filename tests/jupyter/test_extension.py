"""The extension's life: what kernels learn and when, and what requests get before, during and after it."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from jupyter_server.extension.manager import ExtensionPackage
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from studio_server.jupyter.extension import StudioExtension

WAIT = 10.0
CONFIG = Path(__file__).parents[2] / "server" / "jupyter-config" / "studio_magics.json"


class App:
    """Notes its settings and its life; `gate` holds its building back."""

    def __init__(self, *, fails: bool = False, held_back: bool = False) -> None:
        self.fails, self.life, self.settings = fails, [], None
        self.saw: dict[str, str | None] = {}
        self.gate = threading.Event()
        if not held_back:
            self.gate.set()

    def __call__(self, settings: Any) -> Starlette:
        self.settings = settings
        self.saw = {name: os.environ.get(name) for name in ("STUDIO_URL", "STUDIO_TOKEN")}
        assert self.gate.wait(WAIT)
        routes = [Route("/", self.hello, methods=["GET", "POST"]), Route("/stream", self.stream)]
        return Starlette(routes=routes, lifespan=self.lifespan)

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        if self.fails:
            raise OSError("the ledger is locked")
        self.life.append("started")
        yield
        self.life.append("stopped")

    async def hello(self, request: Request) -> JSONResponse:
        return JSONResponse({"via": request.state.identity.via})

    async def stream(self, _request: Request) -> StreamingResponse:
        async def ticks() -> AsyncIterator[str]:
            try:
                yield "data: tick\n\n"
                await asyncio.Event().wait()
            finally:
                self.life.append("stream ended")

        return StreamingResponse(ticks(), media_type="text/event-stream")


async def test_the_app_gets_its_settings_from_the_extensions_traits(serve: Any, tmp_path: Path):
    app = App()
    await serve(app, owner="ada", data_dir=str(tmp_path / "mine"), deterministic=True)
    assert app.settings.owner == "ada"
    assert app.settings.data_dir == tmp_path / "mine"
    assert app.settings.deterministic is True


def test_owner_and_folder_come_from_the_environment_where_no_trait_says_otherwise(monkeypatch: Any):
    monkeypatch.setenv("STUDIO_OWNER", "grace")
    monkeypatch.setenv("STUDIO_DATA_DIR", "/data/studio")
    assert (StudioExtension().owner, StudioExtension().data_dir) == ("grace", "/data/studio")
    configured = StudioExtension(owner="ada", data_dir="/mine")
    assert (configured.owner, configured.data_dir) == ("ada", "/mine")


async def test_kernels_started_during_the_apps_start_already_have_url_and_token(serve: Any):
    app = App(held_back=True)
    mounted = await serve(app, started=False)
    assert "STUDIO_TOKEN" not in os.environ
    start = asyncio.create_task(mounted.extension._start_jupyter_server_extension(mounted.app))
    await asyncio.sleep(0)  # the hook has run to its first await
    published = {name: os.environ.get(name) for name in ("STUDIO_URL", "STUDIO_TOKEN")}
    app.gate.set()
    await start
    assert published["STUDIO_URL"] == f"http://localhost:{mounted.app.port}/a%40b/studio"
    assert len(published["STUDIO_TOKEN"] or "") >= 32
    assert app.saw == published


async def test_a_request_during_the_apps_start_waits_for_it(serve: Any):
    app = App(held_back=True)
    mounted = await serve(app, started=False)
    early = asyncio.create_task(mounted.by_token.get(f"{mounted.url}/"))
    start = asyncio.create_task(mounted.app.extension_manager.start_all_extensions())
    assert (
        await mounted.by_token.get(f"{mounted.root}api/status")
    ).status_code == 200  # Jupyter is not held up
    assert not early.done()
    app.gate.set()
    await start
    assert (await early).status_code == 200


async def test_a_request_waits_no_longer_than_the_start_may_take(serve: Any):
    mounted = await serve(App(), started=False, startup_limit_seconds=0.1)
    response = await mounted.by_token.get(f"{mounted.url}/")
    assert (response.status_code, response.json()["code"]) == (503, "server_unavailable")


async def test_an_app_that_cannot_start_says_why_and_jupyter_lives_on(serve: Any):
    mounted = await serve(App(fails=True))
    response = await mounted.by_token.get(f"{mounted.url}/")
    assert response.status_code == 503
    assert "the ledger is locked" in response.json()["reason"]
    assert (await mounted.by_token.get(f"{mounted.root}api/status")).status_code == 200


async def test_kernels_look_elsewhere_when_the_app_cannot_start(serve: Any, monkeypatch: Any):
    monkeypatch.delenv("STUDIO_URL", raising=False)
    await serve(App(fails=True))
    assert "STUDIO_URL" not in os.environ


async def test_the_mount_is_announced_beside_the_books_while_it_answers(serve: Any, tmp_path: Path):
    mounted = await serve(App())
    announcement = tmp_path / "studio" / "serving.json"
    told = json.loads(announcement.read_text())
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {told['token']}"}) as program:
        assert (await program.get(f"{told['url']}/")).json() == {"via": "kernel_token"}
    await mounted.extension.stop_extension()
    assert not announcement.exists()


async def test_an_app_that_cannot_be_built_says_why(serve: Any):
    def build(_settings: Any) -> Any:
        raise ImportError("no module named 'apsw'")

    mounted = await serve(build)
    response = await mounted.by_token.get(f"{mounted.url}/")
    assert response.status_code == 503
    assert "no module named 'apsw'" in response.json()["reason"]


async def test_stopping_ends_streams_then_the_app_and_takes_the_variables_back(serve: Any, monkeypatch: Any):
    monkeypatch.setenv("STUDIO_URL", "http://elsewhere")
    app = App()
    mounted = await serve(app)
    assert os.environ["STUDIO_URL"] != "http://elsewhere"
    async with mounted.by_kernel.stream("GET", f"{mounted.url}/stream") as response:
        chunks = response.aiter_text()
        await anext(chunks)
        async with asyncio.timeout(WAIT):
            await mounted.extension.stop_extension()
            with pytest.raises(httpx.RemoteProtocolError):
                await anext(chunks)
    assert app.life == ["started", "stream ended", "stopped"]
    assert os.environ["STUDIO_URL"] == "http://elsewhere"
    assert "STUDIO_TOKEN" not in os.environ
    assert (await mounted.by_token.get(f"{mounted.url}/")).status_code == 503


async def test_stopping_during_the_start_leaves_nothing_running(serve: Any):
    app = App(held_back=True)
    mounted = await serve(app, started=False)
    start = asyncio.create_task(mounted.app.extension_manager.start_all_extensions())
    await asyncio.sleep(0)
    await mounted.extension.stop_extension()
    app.gate.set()
    await start
    assert app.life == ["started", "stopped"]
    assert (await mounted.by_token.get(f"{mounted.url}/")).status_code == 503


async def test_two_starts_never_mint_the_same_token(serve: Any):
    mounted = await serve(App())
    first, published = mounted.extension._token, os.environ["STUDIO_TOKEN"]
    assert first.secret == published
    assert published not in repr(first)
    assert first.mint() != first


CALL_STUDIO = """
import os, urllib.request
def call(method):
    headers = {"Authorization": "token " + os.environ["STUDIO_TOKEN"]}
    request = urllib.request.Request(os.environ["STUDIO_URL"] + "/", method=method, headers=headers)
    return urllib.request.urlopen(request, timeout=5).read().decode()
print(call("GET"), call("POST"))
"""


async def test_a_real_kernel_reaches_the_mount_with_what_its_environment_says(serve: Any):
    mounted = await serve(App())
    kernels = mounted.app.kernel_manager
    kernel = await kernels.start_kernel(kernel_name="python3")
    client = kernels.get_kernel(kernel).client()
    client.start_channels()
    said: list[str] = []
    try:
        await client.wait_for_ready(timeout=60)
        reply = await client.execute_interactive(
            CALL_STUDIO,
            timeout=30,
            output_hook=lambda message: said.append(message["content"].get("text", "")),
        )
    finally:
        client.stop_channels()
        await kernels.shutdown_kernel(kernel, now=True)
    assert reply["content"]["status"] == "ok", reply["content"]
    assert "".join(said).strip() == '{"via":"kernel_token"} {"via":"kernel_token"}'


@pytest.mark.parametrize("name", ["studio_server.jupyter", "studio_server"])
def test_jupyter_finds_the_extension_under_both_names(name: str):
    point = ExtensionPackage(name=name, enabled=True).extension_points["studio_server"]
    assert type(point.app) is StudioExtension


async def test_enabled_under_both_names_it_starts_one_app(serve: Any):
    app = App()
    names = {"studio_server.jupyter": True, "studio_server": True, "jupyter_server_terminals": False}
    mounted = await serve(app, server={"jpserver_extensions": names})
    assert app.life == ["started"]
    assert (await mounted.by_kernel.get(f"{mounted.url}/")).status_code == 200


def test_the_installed_configuration_enables_what_exists():
    enabled = json.loads(CONFIG.read_text())["ServerApp"]["jpserver_extensions"]
    assert enabled == {"studio_server.jupyter": True}
    packages = [ExtensionPackage(name=name, enabled=True) for name in enabled]
    assert [list(package.extension_points) for package in packages] == [["studio_server"]]
    assert all(package.validate() for package in packages)


LIST_HEAVY_MODULES = """
import sys, studio_server, studio_server.jupyter
print([name for name in sys.modules if name.startswith(("jupyter", "tornado", "starlette"))])
"""


def test_importing_the_server_imports_nothing_of_jupyter():
    command = [sys.executable, "-c", LIST_HEAVY_MODULES]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


async def test_a_request_in_flight_when_the_server_stops_hears_that_it_stops(serve: Any):
    asked = asyncio.Event()

    async def never(_request: Request) -> PlainTextResponse:
        asked.set()
        await asyncio.Event().wait()
        return PlainTextResponse("")

    mounted = await serve(lambda _settings: Starlette(routes=[Route("/never", never)]))
    waiting = asyncio.create_task(mounted.by_kernel.get(f"{mounted.url}/never"))
    await asked.wait()
    await mounted.extension.stop_extension()
    response = await waiting
    assert (response.status_code, response.json()["code"]) == (503, "server_unavailable")


async def test_jupyters_own_pages_are_served_while_the_app_works_in_a_thread(serve: Any):
    may_end = threading.Event()

    def slow(_request: Request) -> PlainTextResponse:
        assert may_end.wait(WAIT)
        return PlainTextResponse("done")

    mounted = await serve(lambda _settings: Starlette(routes=[Route("/slow", slow)]))
    waiting = asyncio.create_task(mounted.by_kernel.get(f"{mounted.url}/slow"))
    assert (await mounted.by_token.get(f"{mounted.root}api/status")).status_code == 200
    may_end.set()
    assert (await waiting).text == "done"
