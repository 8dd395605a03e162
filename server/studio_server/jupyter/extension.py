"""The Jupyter server extension: the credit server at `<base_url>/studio/`, and kernels that know of it."""

import importlib
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from traitlets import Any as AnyTrait
from traitlets import Bool, Enum, Float, Int, Unicode, default

from studio_server.announcement import Address, announced, serving_file
from studio_server.jupyter.asgi import AsgiApp
from studio_server.jupyter.bridge import Bridge
from studio_server.jupyter.environment import KernelEnvironment, kernel_url
from studio_server.jupyter.handler import StudioHandler
from studio_server.jupyter.hosting import AppUnavailable, HostedApp
from studio_server.jupyter.identity import accounts_of
from studio_server.jupyter.lifespan import LifespanFailed
from studio_server.jupyter.limits import BridgeLimits
from studio_server.jupyter.token import MountToken
from studio_server.settings import Settings, payment_settings

MOUNT = "studio"
AppFactory = Callable[[Settings], AsgiApp]


class StudioExtension(ExtensionApp):
    """One per Jupyter server. Configured as `c.StudioExtension.<trait>`."""

    name = "studio_server"

    owner = Unicode(
        help="Whose account this server's kernels use; unset: STUDIO_OWNER, the Hub's user, the system's."
    ).tag(config=True)
    data_dir = Unicode(help="Where the ledger lives; unset: STUDIO_DATA_DIR, your data folder.").tag(
        config=True
    )
    backend = Enum(
        ["embedded"], default_value="embedded", help="Where the credit server runs: 'embedded' is in here."
    ).tag(config=True)
    deterministic = Bool(
        default_value=False, help="Fixed clock, ids and measurements, for people who test notebooks."
    ).tag(config=True)
    body_limit_bytes = Int(BridgeLimits().body_bytes, min=1, help="The largest request body.").tag(
        config=True
    )
    startup_limit_seconds = Float(
        BridgeLimits().startup_seconds, min=0.0, help="How long the start, and a request during it, may take."
    ).tag(config=True)
    app_factory = AnyTrait(
        "studio_server.app:create_app",
        help="What builds the ASGI app from its settings: a callable, or 'module:name'.",
    ).tag(config=True)

    @default("owner")
    def _owner_from_environment(self) -> str:
        return os.environ.get("STUDIO_OWNER", "")

    @default("data_dir")
    def _data_dir_from_environment(self) -> str:
        return os.environ.get("STUDIO_DATA_DIR", "")

    _mounted: HostedApp | None = None
    _token: MountToken | None = None
    _environment: KernelEnvironment | None = None

    def __init__(self, **traits: object) -> None:
        super().__init__(**traits)
        self._announced = ExitStack()

    def initialize_handlers(self) -> None:
        """Claim `<base_url>/studio`; requests wait until the app has started."""
        if self._mounted is not None:  # enabled under two names
            return
        server = _linked(self)
        limits = BridgeLimits(body_bytes=self.body_limit_bytes, startup_seconds=self.startup_limit_seconds)
        accounts = accounts_of(server.identity_provider, owner=self.owner)
        self._token = MountToken.mint()
        self._mounted = HostedApp(lambda: self._build_app(accounts.owner), limits=limits, log=self.log)
        root_path = url_path_join(server.base_url, MOUNT)
        bridge = Bridge(self._mounted, root_path, limits, self.log)
        arguments = {"bridge": bridge, "accounts": accounts, "token": self._token}
        self.handlers.append((rf"{MOUNT}(?:/.*)?", StudioHandler, arguments))

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        """Publish the address, then start the app; runs once the port is bound.

        The environment comes before the first `await`: a kernel may start during it.
        """
        if self._mounted is None or self._token is None:
            return
        url = kernel_url(serverapp.connection_url, bound_to=serverapp.ip)
        self._environment = KernelEnvironment()
        self._environment.publish(url=url, token=self._token.secret)
        try:
            await self._mounted.start()
        except AppUnavailable as failure:
            self.log.error("The Studio server did not start: %s", failure.reason)  # noqa: TRY400  - for people
            self.log.debug("Where it failed", exc_info=failure)
            self._environment.withdraw()
        else:
            address = Address(url, self._token.secret)
            self._announced.enter_context(announced(address, serving_file(self._settings())))
            self.log.info("Studio is served at %s/", url)

    async def stop_extension(self) -> None:
        """Close the app in order and take its address back."""
        self._announced.close()
        if self._environment is not None:
            self._environment.withdraw()
        if self._mounted is not None:
            try:
                await self._mounted.stop()
            except LifespanFailed as failure:
                self.log.error("The Studio server did not stop in order: %s", failure)  # noqa: TRY400  - no trace

    def _build_app(self, owner: str) -> AsgiApp:
        return _resolve(self.app_factory)(self._settings(owner))

    def _settings(self, owner: str | None = None) -> Settings:
        data_dir = Path(self.data_dir).expanduser() if self.data_dir else None
        paying = {} if self.deterministic else payment_settings(os.environ)
        return Settings.for_local(data_dir=data_dir, owner=owner, deterministic=self.deterministic, **paying)


def _linked(extension: StudioExtension) -> ServerApp:
    if extension.serverapp is None:
        raise RuntimeError("The extension is not linked to a Jupyter server.")
    return extension.serverapp


def _resolve(factory: AppFactory | str) -> AppFactory:
    if callable(factory):
        return factory
    module, _, name = factory.partition(":")
    return getattr(importlib.import_module(module), name)
