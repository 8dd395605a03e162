"""A Jupyter server in this process, with Studio mounted in it, on the event loop of the test.

pytest-jupyter's fixtures are taken one by one: its hooks would fight with pytest-asyncio over coroutines.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from jupyter_server.serverapp import ServerApp
from pytest_jupyter.jupyter_core import (  # noqa: F401  - fixtures
    echo_kernel_spec,
    jp_config_dir,
    jp_data_dir,
    jp_env_config_path,
    jp_env_jupyter_path,
    jp_environ,
    jp_home_dir,
    jp_kernel_dir,
    jp_runtime_dir,
    jp_system_config_path,
    jp_system_jupyter_path,
)
from pytest_jupyter.jupyter_server import (  # noqa: F401  - fixtures
    jp_argv,
    jp_base_url,
    jp_configurable_serverapp,
    jp_http_port,
    jp_logging_stream,
    jp_nbconvert_templates,
    jp_root_dir,
    jp_server_config,
)
from studio_server.jupyter.bridge import Bridge, BridgeHandler
from studio_server.jupyter.hosting import HostedApp
from studio_server.jupyter.limits import BridgeLimits
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from traitlets.config import Config

KERNEL_SPECS_NEED = ("STUDIO_URL", "STUDIO_TOKEN")
Serve = Callable[..., Any]


@pytest.fixture
async def jp_asyncio_loop() -> asyncio.AbstractEventLoop:
    """pytest-jupyter's fixtures on the loop the test runs on."""
    return asyncio.get_running_loop()


@pytest.fixture
def http_server_port() -> Iterator[tuple[socket.socket, int]]:
    """A bound loopback socket and its port."""
    bound, port = bind_unused_port()
    with bound:
        yield bound, port


class Mounted(SimpleNamespace):
    """A running Jupyter server: `app`, `extension`, `url` of the mount, `root` of Jupyter, and clients."""

    app: ServerApp
    extension: Any
    root: str
    url: str
    by_token: httpx.AsyncClient
    by_kernel: httpx.AsyncClient
    anonymous: httpx.AsyncClient
    by_cookie: httpx.AsyncClient


@pytest.fixture
async def serve(
    jp_configurable_serverapp: Serve,  # noqa: F811  - the fixture
    http_server_port: tuple[socket.socket, int],
    tmp_path: Path,
) -> AsyncIterator[Serve]:
    """Starts Jupyter with the given app at the mount; further arguments are traits of the extension."""
    async with AsyncExitStack() as stack:

        async def start(
            app: Any,
            *,
            started: bool = True,
            login: bool = True,
            provider: type | None = None,
            server: dict[str, Any] | None = None,
            **traits: Any,
        ) -> Mounted:
            config = Config(
                {
                    "ServerApp": {
                        "jpserver_extensions": {
                            "studio_server.jupyter": True,
                            "jupyter_server_terminals": False,
                        },
                        "reraise_server_extension_failures": True,
                        **(server or {}),
                    },
                    "StudioExtension": {
                        "data_dir": str(tmp_path / "studio"),
                        **traits,
                    },
                }
            )

            def build(settings: Any) -> Any:  # a plain function: a Config copies everything else deeply
                return app(settings)

            config.StudioExtension.app_factory = build
            if provider is not None:
                config.ServerApp.identity_provider_class = provider
            jupyter = jp_configurable_serverapp(config=config)
            stack.push_async_callback(_end, jupyter)
            http = HTTPServer(jupyter.web_app, max_body_size=jupyter.max_body_size)
            http.add_socket(http_server_port[0])
            stack.push_async_callback(http.close_all_connections)
            stack.callback(http.stop)
            if started:
                await jupyter.extension_manager.start_all_extensions()
            mounted = await _with_clients(jupyter, http_server_port[1], stack)
            if login:
                await _log_in(mounted)
            return mounted

        yield start


async def _with_clients(jupyter: ServerApp, port: int, stack: AsyncExitStack) -> Mounted:
    async def client(**arguments: Any) -> httpx.AsyncClient:
        return await stack.enter_async_context(httpx.AsyncClient(timeout=10, trust_env=False, **arguments))

    root = f"http://127.0.0.1:{port}{jupyter.base_url}"
    extension = jupyter.extension_manager.extension_points["studio_server"].app
    by_token = {"Authorization": f"token {jupyter.identity_provider.token}"}
    by_kernel = {"Authorization": f"token {os.environ.get('STUDIO_TOKEN', '')}"}
    return Mounted(
        app=jupyter,
        extension=extension,
        root=root,
        url=f"{root}studio",
        by_token=await client(headers=by_token),
        by_kernel=await client(headers=by_kernel),
        anonymous=await client(),
        by_cookie=await client(),
    )


async def _log_in(mounted: Mounted) -> None:
    answer = await mounted.by_cookie.get(f"{mounted.root}api/status", headers=mounted.by_token.headers)
    assert answer.status_code == 200


async def _end(jupyter: ServerApp) -> None:
    await jupyter._cleanup()
    jupyter.kernel_manager.context.destroy()
    ServerApp.clear_instance()


class OpenHandler(BridgeHandler):
    """The bridge without Jupyter: everybody is `{"identity": "somebody"}`."""

    async def admit(self) -> dict[str, Any]:
        return {"identity": "somebody"}

    async def forward_any(self) -> None:
        await self.forward()

    get = head = options = post = put = patch = delete = forward_any


@pytest.fixture
async def bridged(http_server_port: tuple[socket.socket, int]) -> AsyncIterator[Serve]:
    """Serves the given app behind a bare bridge at `/a%40b/studio`; further arguments are limits."""
    async with AsyncExitStack() as stack:

        async def start(app: Any, **limits: Any) -> httpx.AsyncClient:
            bounds = BridgeLimits(**limits)
            hosted = HostedApp(lambda: app, limits=bounds, log=logging.getLogger("bridge"))
            bridge = Bridge(hosted, "/a%40b/studio", bounds, logging.getLogger("bridge"))
            http = HTTPServer(web.Application([(r"/a%40b/studio(?:/.*)?", OpenHandler, {"bridge": bridge})]))
            http.add_socket(http_server_port[0])
            stack.push_async_callback(http.close_all_connections)
            stack.callback(http.stop)
            await hosted.start()
            stack.push_async_callback(hosted.stop)
            base = f"http://127.0.0.1:{http_server_port[1]}/a%40b/studio"
            return await stack.enter_async_context(
                httpx.AsyncClient(base_url=base, timeout=10, trust_env=False)
            )

        yield start


@pytest.fixture(autouse=True)
def environment_as_before() -> Iterator[None]:
    """A test that leaves the kernel variables behind fails."""
    before = {name: os.environ.get(name) for name in KERNEL_SPECS_NEED}
    yield
    assert {name: os.environ.get(name) for name in KERNEL_SPECS_NEED} == before


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Jupyter's own session store is left to the garbage collector, which Python 3.13 reports."""
    for item in items:
        if "tests/jupyter" in item.path.as_posix():
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))
