"""Self-diagnosis: versions, server, sign-in, balance, extension, tools, files. Never shows a token."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from studio_magics.client.connection import LOOPBACK
from studio_magics.client.refusals import StudioRefusal
from studio_magics.display.people import Check, Diagnosis
from studio_magics.display.wording import credits_text
from studio_magics.runners.finding import installed, known_sources
from studio_magics.tools import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.client.connection import Endpoint
    from studio_magics.client.studio_client import StudioClient
    from studio_magics.runners.session import Session

EXTENSION = Path("labextensions/studio-labextension/package.json")


def diagnose(session: Session) -> Diagnosis:
    """Every check, also after one that failed."""
    return Diagnosis((_versions(), *_server(session), _extension(), _tools(), _temporary()))


def _versions() -> Check:
    from studio_magics import __version__

    python = ".".join(str(part) for part in sys.version_info[:3])
    others = [f"{name} {found}" for name in ("ipython", "jupyterlab") if (found := _version(name))]
    told = ", ".join([f"studio-magics {__version__}", f"python {python}", *others])
    return Check("versions", ok=True, found=told)


def _server(session: Session) -> Iterator[Check]:
    try:
        with session.server() as client:
            yield _endpoint(client.endpoint)
            yield from _identity(client)
    except StudioRefusal as refusal:
        yield Check("server", ok=False, found=refusal.what, action=refusal.action)


def _endpoint(endpoint: Endpoint) -> Check:
    parts = urlsplit(endpoint.url)
    plain = parts.scheme == "http" and (parts.hostname or "") not in LOOPBACK
    found = f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[-1]}{parts.path} ({endpoint.found})"
    action = "use https: the sign-in of this kernel travels unencrypted"
    return Check("server", ok=not plain, found=found, action=action if plain else "")


def _identity(client: StudioClient) -> Iterator[Check]:
    try:
        who = client.account()
    except StudioRefusal as refusal:
        yield Check("signed in", ok=False, found=refusal.what, action=refusal.action)
        return
    told = f"{who.display_name} via {who.signed_in_via}, mode {who.mode}, server {who.server_version}"
    yield Check("signed in", ok=True, found=told)
    try:
        now = client.balance()
    except StudioRefusal as refusal:
        yield Check("balance", ok=False, found=refusal.what, action=refusal.action)
        return
    yield Check("balance", ok=True, found=credits_text(now.available_credits))


def _extension() -> Check:
    from studio_magics.client.discovery import jupyter_data_folders

    if any((folder / EXTENSION).is_file() for folder in jupyter_data_folders()):
        return Check("JupyterLab extension", ok=True, found="installed")
    action = "pip install --force-reinstall studio-magics in the environment of JupyterLab"
    return Check("JupyterLab extension", ok=False, found="not found from this kernel", action=action)


def _tools() -> Check:
    loaded = [(tool_id, installed(tool_id)) for tool_id in known_sources()]
    missing: dict[str, list[str]] = {}
    for tool_id, tool in loaded:
        lacking = ["its code"] if tool is None else [name for name in tool.libraries if not _version(name)]
        if lacking:
            missing[catalog.short_name(tool_id)] = lacking
    if not missing:
        return Check("tools", ok=True, found=f"{len(loaded)} installed, with their libraries")
    told = "; ".join(f"{name} lacks {', '.join(names)}" for name, names in missing.items())
    return Check("tools", ok=False, found=told, action="pip install 'studio-magics[tools]'")


def _temporary() -> Check:
    try:
        with NamedTemporaryFile(prefix="studio-") as file:
            file.write(b"studio")
    except OSError as error:
        found = error.strerror or type(error).__name__
        return Check("temporary files", ok=False, found=found, action="set TMPDIR to a folder you may write")
    return Check("temporary files", ok=True, found="writable")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
