"""Saves the archive of an account as a file: whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from studio_magics.client.refusals import ServerFault, UsageRefused
from studio_magics.display.leaving import Exported

if TYPE_CHECKING:
    from datetime import date

    from studio_magics.client.studio_client import StudioClient

MANIFEST = "manifest.json"


def export(
    client: StudioClient, wanted: str | Path | None, *, force: bool, today: date | None = None
) -> Exported:
    """Fetch the archive and save it for its owner alone; a folder, or nothing, gets a name with the date.

    Raises:
        UsageRefused: The file is there already, or cannot be written; nothing was.
        ServerFault: What came is no whole archive; nothing was written.
    """
    path = _target(wanted, today or datetime.now().astimezone().date())
    if path.exists() and not force:
        raise _is_there(path)
    content = client.export()
    found = look_through(path, content)
    _save(path, content, force=force)
    return found


def look_through(path: Path, content: bytes) -> Exported:
    """What an archive holds, once every file in it is found to be as its manifest lists it.

    Raises:
        ServerFault: It is no whole archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed: dict[str, Any] = json.loads(archive.read(MANIFEST))["files"]
            for name, said in listed.items():
                if hashlib.sha256(archive.read(name)).hexdigest() != said["sha256"]:
                    raise _not_whole(f"{name} is not as the manifest lists it")
            runs = json.loads(archive.read("json/runs.json"))
            lines = json.loads(archive.read("json/statement.json"))
    except (zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError, EOFError) as broken:
        raise _not_whole(type(broken).__name__) from broken
    tables = sum(name.startswith("json/") for name in listed)
    return Exported(str(path), len(content), len(runs), len(lines), tables)


def _target(wanted: str | Path | None, today: date) -> Path:
    path = Path(wanted or ".").expanduser()
    return path / f"studio-account-{today.isoformat()}.zip" if path.is_dir() else path


def _save(path: Path, content: bytes, *, force: bool) -> None:
    """Write beside the target and rename: a file is never half there; a new name is taken first."""
    taken = False
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=".studio-", suffix=".part", delete=False) as file:
            part = Path(file.name)
            try:
                file.write(content)
                file.close()
                if not force:
                    path.touch(exist_ok=False)
                    taken = True
                part.replace(path)
            except BaseException:
                with suppress(OSError):
                    part.unlink()
                    if taken:
                        path.unlink()
                raise
    except FileExistsError as there:
        raise _is_there(path) from there
    except OSError as failed:
        said = f"{path} cannot be written: {failed.strerror}."
        raise UsageRefused(said, action="%studio export FOLDER_OF_YOURS/account.zip") from failed


def _is_there(path: Path) -> UsageRefused:
    said = f"{path} is there already; nothing was written."
    return UsageRefused(said, action="another name, or --force to write over it")


def _not_whole(found: str) -> ServerFault:
    said = f"What the server gave is no whole archive ({found}); nothing was written."
    return ServerFault(said, action="%studio export once more")
