"""Turns the values a person gives into what travels: JSON, and records of files; bytes stay in place.

Tables become Parquet, files and folders become content-addressed records, text stays text. Nothing is sent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from studio_magics.client.problems import refused_input
from studio_magics.client.refusals import InputRefused, either
from studio_magics.contracts.inputs import InputFolder
from studio_magics.contracts.problems import FieldProblem
from studio_magics.runners import archives, files
from studio_magics.runners.files import FileRefused, LocalFile
from studio_magics.runners.scratch import ScratchFolder
from studio_magics.runners.tables import TableUnwritable, is_table, write_parquet

if TYPE_CHECKING:
    from pydantic import JsonValue

    from studio_magics.display.input_fields import InputField

MAX_TEXT_BYTES = 1_500_000
"""The largest text file that is read into a text input; a request takes 2 MB of JSON."""


@dataclass(frozen=True)
class Named:
    """A value with the name its user knows it by, such as the variable that holds it."""

    value: Any
    name: str


@dataclass
class Staged:
    """Inputs ready to validate and send, and where the bytes of their files are."""

    inputs: dict[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    content: dict[str, Path] = field(default_factory=dict[str, Path])
    """Digest → file on this machine."""
    folder: ScratchFolder | None = None
    """Holds the Parquet files of tables; goes away with this object."""


class Stager:
    """Stages the inputs of one call."""

    def __init__(self, title: str, fields: Sequence[InputField], *, limited: bool) -> None:
        """`limited` applies the upload limits; a run in the kernel reads files where they are."""
        self._title = title
        self._fields = {one.name: one for one in fields}
        self._file_limit = files.MAX_FILE_BYTES if limited else None
        self._total_limit = files.MAX_TOTAL_BYTES if limited else None
        self._staged = Staged()
        self._written = 0

    def stage(self, inputs: Mapping[str, Any]) -> Staged:
        """Stage every input.

        Raises:
            InputRefused: A value cannot be taken; names the field, what was found and what is allowed.
        """
        for name, value in inputs.items():
            if value is not None:
                self._staged.inputs[name] = self._value(name, value)
        return self._staged

    def _value(self, name: str, value: Any) -> JsonValue:
        known = self._fields.get(name)
        try:
            if known is not None and known.takes_data:
                return self._data(name, known, value)
            return self._plain(name, value)
        except FileRefused as refused:
            raise self._refused(name, refused.found, refused.allowed, refused.action) from refused
        except TableUnwritable as refused:
            raise self._refused(name, refused.reason, "a table of plain columns", refused.action) from refused

    def _data(self, name: str, known: InputField, value: Any, table_name: str = "") -> JsonValue:
        if isinstance(value, Named):
            return self._data(name, known, value.value, value.name)
        if is_table(value):
            return self._one(known, name, self._table(value, table_name or name))
        if isinstance(value, Mapping):
            return self._tables(name, known, cast("Mapping[str, Any]", value))
        if isinstance(value, list | tuple):
            return self._several(name, known, cast("Sequence[Any]", value))
        if isinstance(value, str | Path):
            return self._named(name, known, value)
        found = f"a value of type {type(cast('object', value)).__name__}"
        raise self._refused(name, found, _allowed(known), "give a DataFrame, or the path of a file")

    def _named(self, name: str, known: InputField, value: str | Path) -> JsonValue:
        if isinstance(value, str) and not value.strip():
            raise self._refused(name, "an empty name", _allowed(known), f"add {known.option} {known.takes}")
        if "://" in str(value) and "text" not in known.scalars:
            raise self._refused(name, "an address", _allowed(known), self._instead_of_address())
        path = Path(value).expanduser()
        if known.takes_folder and path.is_dir():
            return self._folder(
                path.resolve().name or name, files.read_folder(path, limit_bytes=self._total_limit)
            )
        if known.takes_archive and path.is_dir():
            return self._one(known, name, self._archive(path, path.resolve().name or name))
        if known.takes_folder and files.is_pattern(str(path)):
            return self._folder(name, files.read_matches(str(path), limit_bytes=self._total_limit))
        if "text" in known.scalars and isinstance(value, str) and not path.exists():
            return value
        if files.is_pattern(str(path)):
            raise self._refused(name, f"the pattern '{path}'", _allowed(known), "give one file")
        if path.is_dir():
            raise self._refused(name, f"the folder '{path}'", _allowed(known), "give one file of it")
        return self._one(known, name, files.read_file(path, limit_bytes=self._file_limit))

    def _instead_of_address(self) -> str:
        """An address may hold a password, so it is not repeated."""
        takes = self._fields.get("url")
        return f"add {takes.option} ADDRESS" if takes else "save what is there as a file first"

    def _one(self, known: InputField, name: str, file: LocalFile) -> JsonValue:
        if not known.takes_file:
            return self._folder(name, [file])
        record = self._keep(file)
        return [record] if known.takes_list and not known.takes_folder else record

    def _tables(self, name: str, known: InputField, named: Mapping[str, Any]) -> JsonValue:
        wrong = [key for key, value in named.items() if not is_table(value)]
        if wrong or not known.takes_folder:
            found = f"a dict whose '{wrong[0]}' is not a table" if wrong else "a dict"
            raise self._refused(name, found, _allowed(known), "give one DataFrame, or the path of a file")
        return self._folder(name, [self._table(value, key) for key, value in named.items()])

    def _several(self, name: str, known: InputField, values: Sequence[Any]) -> JsonValue:
        if not known.takes_folder and not known.takes_list:
            raise self._refused(
                name, f"a list of {len(values)}", _allowed(known), "give one DataFrame or file"
            )
        found: list[LocalFile] = []
        for number, value in enumerate(values, start=1):
            if is_table(value):
                found.append(self._table(value, f"{name}-{number}"))
            elif not isinstance(value, str | Path):
                kind = f"a list with a value of type {type(value).__name__}"
                raise self._refused(name, kind, _allowed(known), "give DataFrames or files")
            else:
                found.append(files.read_file(Path(value).expanduser(), limit_bytes=self._file_limit))
        if known.takes_folder:
            return self._folder(name, found)
        return [self._keep(file) for file in found]

    def _folder(self, name: str, found: Sequence[LocalFile]) -> JsonValue:
        for file in found:
            self._staged.content[file.record.digest] = file.path
        folder = InputFolder(name=_safe(name), files=tuple(file.record for file in found))
        return cast("JsonValue", folder.model_dump(mode="json"))

    def _keep(self, file: LocalFile) -> JsonValue:
        self._staged.content[file.record.digest] = file.path
        return cast("JsonValue", file.record.model_dump(mode="json"))

    def _archive(self, folder: Path, name: str) -> LocalFile:
        target = self._scratch(f"{_safe(name)}{archives.ENDING}")
        return archives.pack_folder(folder, target, name=_safe(name), limit_bytes=self._total_limit)

    def _scratch(self, name: str) -> Path:
        if self._staged.folder is None:
            self._staged.folder = ScratchFolder()
        self._written += 1
        return self._staged.folder.path / f"{self._written}-{name}"

    def _table(self, value: Any, name: str) -> LocalFile:
        path = self._scratch(f"{_safe(name)}.parquet")
        write_parquet(value, path)
        return files.read_file(path, name=f"{_safe(name)}.parquet", limit_bytes=self._file_limit)

    def _plain(self, name: str, value: Any, depth: int = 0) -> JsonValue:
        if depth > 20:  # noqa: PLR2004  - deeper than any input is meant to be
            raise self._refused(name, "values nested deeper than 20 levels", "flatter values", "")
        if isinstance(value, Path):
            return self._text_of(value)
        if isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            if math.isfinite(value):
                return value
            raise self._refused(name, f"{value}", "a finite number", "leave the option out")
        if isinstance(value, Mapping):
            pairs = cast("Mapping[Any, Any]", value).items()
            return {str(key): self._inner(name, inner, depth) for key, inner in pairs}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._inner(name, inner, depth) for inner in cast("Sequence[Any]", value)]
        return self._other(name, value)

    def _inner(self, name: str, value: Any, depth: int) -> JsonValue:
        return None if value is None else self._plain(name, value, depth + 1)

    def _other(self, name: str, value: object) -> JsonValue:
        if isinstance(value, date | datetime | time):
            return value.isoformat()
        if isinstance(value, Decimal):
            return str(value)
        item = getattr(value, "item", None)
        if callable(item) and getattr(value, "ndim", None) == 0:
            return self._plain(name, item())
        found = "a table" if is_table(value) else f"a value of type {type(value).__name__}"
        raise self._refused(name, found, "text, numbers, lists of them", "see %studio tool for what it takes")

    def _text_of(self, path: Path) -> str:
        found = files.read_file(path.expanduser(), limit_bytes=MAX_TEXT_BYTES)
        try:
            return found.path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise FileRefused(f"'{path}' is not UTF-8 text", "a text file", "save it as UTF-8") from error

    def _refused(self, name: str, found: str, allowed: str, action: str) -> InputRefused:
        wrong = FieldProblem(field=name, found=found, allowed=allowed, action=action)
        return refused_input(self._title, [wrong])


def _allowed(known: InputField) -> str:
    kinds: list[str] = []
    if known.takes_file:
        kinds += ["a DataFrame", "the path of a file"]
    if known.takes_folder or known.takes_archive:
        kinds += ["the path of a folder"]
    if "text" in known.scalars:
        kinds += ["text"]
    return either(kinds)


def _safe(name: str) -> str:
    """A name that may stand in a file record: letters, digits, dots, dashes, underscores."""
    kept = "".join(sign if sign.isalnum() or sign in "._- " else "_" for sign in name).strip(". ")
    return kept[:100] or "data"
