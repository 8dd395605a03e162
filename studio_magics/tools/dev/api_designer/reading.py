"""From what the user gave to a document that can be worked on; refuses what nobody could."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.api_designer.document import Document, pointer_of, pointer_text, references
from studio_magics.tools.dev.api_designer.resources import designed
from studio_magics.tools.dev.api_designer.upgrade import upgraded
from studio_magics.tools.dev.documents import (
    as_map,
    as_text,
    kind_of,
    load_document,
    load_yaml,
    read_part,
    shown,
)
from studio_magics.tools.intake.yaml_text import YamlLimits

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.api_designer.inputs import ApiInput

MAX_FILE_BYTES = 64_000_000
LIMITS = YamlLimits(characters=16_000_000, events=2_000_000, documents=1)
VERSION = re.compile(r"3\.(0|1)\.\d+")
TEMPLATE = re.compile(r"\{([^{}]*)\}")


def read_api(inputs: ApiInput, context: RunContext) -> tuple[Document, bool]:
    """The API to work on, and whether it was designed from a short description.

    Raises:
        InputRejected: Unreadable, another version, a reference that leads out or nowhere, a path whose
            parameter is not declared.
    """
    if inputs.document is not None:
        return _read_file(inputs.document, "document", context), False
    value = load_yaml(inputs.description, "description", LIMITS)
    if isinstance(value, dict) and ("openapi" in value or "swagger" in value):
        return opened(value, "description"), False
    return opened(designed(read_part(inputs.description, "description")), "description"), True


def read_previous(inputs: ApiInput, context: RunContext) -> Document | None:
    """The older version, where there is one.

    Raises:
        InputRejected: As `read_api`.
    """
    return None if inputs.previous is None else _read_file(inputs.previous, "previous", context)


def _read_file(file: InputFile, field: str, context: RunContext) -> Document:
    if file.size_bytes > MAX_FILE_BYTES:
        raise InputRejected(
            field, found=f"{file.size_bytes:,} bytes", allowed=f"at most {MAX_FILE_BYTES:,} bytes"
        )
    return opened(load_document(context.path(file).read_bytes(), file.name, field, LIMITS), field)


def opened(value: Any, field: str) -> Document:
    """The document, in version 3.1, with its references and path parameters checked.

    Raises:
        InputRejected: As `read_api`.
    """
    if not isinstance(value, dict):
        raise InputRejected(field, found=kind_of(value), allowed="an OpenAPI document: a mapping")
    written = _version(as_map(value), field)
    _refuse_references(as_map(value), field)
    _refuse_loose_paths(as_map(value), field)
    document = upgraded(as_map(value)) if written.startswith("3.0") else as_map(value)
    return Document(document, written)


def _version(value: dict[str, Any], field: str) -> str:
    if "swagger" in value:
        raise InputRejected(
            field,
            found=f"Swagger {shown(str(value['swagger']))}",
            allowed="OpenAPI 3.0 or 3.1",
            action="convert it first, for example with the converter of its editor",
        )
    written = value.get("openapi")
    if not isinstance(written, str) or not VERSION.fullmatch(written):
        told = (
            f"OpenAPI version {shown(str(written))}" if written is not None else "no 'openapi' with a version"
        )
        raise InputRejected(field, found=told, allowed="openapi: 3.0.x or 3.1.x, in quotes")
    if not isinstance(value.get("info"), dict):
        raise InputRejected(field, found="no 'info'", allowed="info: with title and version")
    return written


def _refuse_references(value: dict[str, Any], field: str) -> None:
    """Only references into the document itself; each must lead somewhere."""
    document = Document(value)
    for place, reference in references(value):
        where = pointer_text(place)
        if not reference.startswith("#/"):
            raise InputRejected(
                field,
                found=f"{where}: a reference out of the document, '{shown(reference)}'",
                allowed="references that start with #/",
                action="bundle the files into one document first; nothing is fetched here",
            )
        if document.at(pointer_of(reference)) is None:
            raise InputRejected(
                field,
                found=f"{where}: the reference '{shown(reference)}' leads nowhere",
                allowed="a place in the same document",
                action="add what it names, or correct the name",
            )


def _refuse_loose_paths(value: dict[str, Any], field: str) -> None:
    document = Document(value)
    for path in as_map(value.get("paths")):
        if not path.startswith("/") and not path.startswith("x-"):
            raise InputRejected(field, found=f"the path '{shown(path)}'", allowed="paths that start with /")
    for operation in document.operations:
        declared = {name for place, name in document.parameters(operation) if place == "path"}
        for name in TEMPLATE.findall(operation.path):
            if name not in declared:
                raise InputRejected(
                    field,
                    found=f"{shown(operation.name)}: the path parameter '{shown(name)}' is not declared",
                    allowed="a parameter with in: path and this name",
                    action=f"add it; declared are: {', '.join(sorted(declared)) or 'none'}",
                )


def api_line(document: Document) -> str:
    """'Books 1.0.0'."""
    return " ".join(part for part in (document.title, as_text(document.version)) if part)
