"""Collects the SQL of all that was given: files, notebooks, Python sources, a dbt project, the cell body."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.lineage import dbt, notebooks
from studio_magics.tools.data.lineage.forecast import files_of, is_read
from studio_magics.tools.data.lineage.texts import Gathered, SqlText, Unread
from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.lineage.inputs import LineageInput

MANIFEST = "manifest.json"
MAX_FILE_BYTES = 5_000_000
MAX_MANIFEST_BYTES = 64_000_000
MAX_TOTAL_CHARACTERS = 3_000_000
IGNORED_FOLDERS = frozenset({"dbt_packages", "node_modules", "site-packages"})


def gather(inputs: LineageInput, context: RunContext) -> Gathered:
    """All pieces of SQL, in the order of their names; a file that cannot be read is listed and left out.

    Raises:
        InputRejected: The only file cannot be read, or there is too much.
    """
    found = Gathered()
    files = [file for file in files_of(inputs) if is_read(file.name) and not _is_foreign(file.name)]
    found.skipped += sorted(
        file.name for file in files_of(inputs) if not is_read(file.name) or _is_foreign(file.name)
    )
    manifest = next((file for file in files if PurePosixPath(file.name).name == MANIFEST), None)
    if manifest is not None:
        _take(manifest, context, found, alone=True)
        files = []
    found.is_dbt = manifest is not None or any(
        PurePosixPath(file.name).name in {"dbt_project.yml", "dbt_project.yaml"} for file in files
    )
    for file in sorted(files, key=lambda one: one.name):
        _take(file, context, found, alone=len(files) == 1)
    if inputs.sql.strip():
        found.texts.append(SqlText("cell", inputs.sql, target="cell"))
    _refuse_too_much(found)
    return found


def _is_foreign(name: str) -> bool:
    return bool(IGNORED_FOLDERS & set(PurePosixPath(name).parts))


def _take(file: InputFile, context: RunContext, found: Gathered, *, alone: bool) -> None:
    try:
        is_manifest = PurePosixPath(file.name).name == MANIFEST
        content = _content(file, context, MAX_MANIFEST_BYTES if is_manifest else MAX_FILE_BYTES)
        _read(file.name, content, found)
    except IntakeRefused as refused:
        if alone:
            raise InputRejected(
                "source",
                found=f"{file.name}: {refused.found}",
                allowed=refused.allowed,
                action=refused.action,
            ) from refused
        found.unread.append(Unread(file.name, refused.found))


def _content(file: InputFile, context: RunContext, limit: int) -> bytes:
    if file.size_bytes > limit:
        raise InputRejected(
            "source", found=f"'{file.name}' of {file.size_bytes:,} bytes", allowed=f"at most {limit:,} bytes"
        )
    return context.path(file).read_bytes()


def _read(name: str, content: bytes, found: Gathered) -> None:
    ending = PurePosixPath(name).suffix.lower()
    if PurePosixPath(name).name == MANIFEST:
        dbt.read_manifest(content, name, found)
    elif ending == ".ipynb":
        notebooks.read_notebook(name, content, found)
    elif ending == ".py":
        notebooks.read_python(name, decoded(content), found)
    elif ending in {".yml", ".yaml"}:
        dbt.read_properties(name, decoded(content), found)
    elif found.is_dbt or dbt.is_template(decoded(content)):
        dbt.read_model(name, decoded(content), found)
    else:
        stem = PurePosixPath(name).stem
        found.texts.append(SqlText(name, decoded(content), target=stem, is_model=True))


def read_ddl(inputs: LineageInput, context: RunContext) -> SqlText | None:
    """The DDL that was given beside the statements.

    Raises:
        InputRejected: It is no text.
    """
    if inputs.ddl is None:
        return None
    try:
        return SqlText(inputs.ddl.name, decoded(_content(inputs.ddl, context, MAX_FILE_BYTES)))
    except IntakeRefused as refused:
        raise InputRejected(
            "ddl",
            found=f"{inputs.ddl.name}: {refused.found}",
            allowed="a file of CREATE TABLE statements",
            action=refused.action,
        ) from refused


def _refuse_too_much(found: Gathered) -> None:
    total = sum(len(text.sql) for text in found.texts)
    if total > MAX_TOTAL_CHARACTERS:
        raise InputRejected(
            "source",
            found=f"{total:,} characters of SQL",
            allowed=f"at most {MAX_TOTAL_CHARACTERS:,}",
            action="give a part of the folder",
        )
