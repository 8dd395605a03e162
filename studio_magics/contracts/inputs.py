"""How data is named in a tool's input: by content, never by a path of somebody's machine."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from studio_magics.contracts.base import Bytes, Contract, Digest

MAX_FOLDER_FILES = 1_000
MAX_NAME_CHARACTERS = 400
MAX_PART_BYTES = 255
"""What a file system takes between two slashes."""
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that a name may not have: control, format (also right-to-left), separators, halves."""
JOINERS = "\u200c\u200d"
"""Format signs that names in several languages need."""
MAX_UPLOAD_BYTES = 64_000_000
"""One upload; a server may allow less. Kernel runs have no such limit."""


def name_fault(name: str) -> str:
    """What is wrong with the relative name of a file, as the end of a sentence; empty when nothing is."""
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\\" in name:
        return "has '..', empty parts or backslashes"
    if any(unicodedata.category(sign) in UNSEEN and sign not in JOINERS for sign in name):
        return "has control signs, line breaks or signs that change the direction of writing"
    if len(name) > MAX_NAME_CHARACTERS or any(len(part.encode()) > MAX_PART_BYTES for part in parts):
        return f"is longer than {MAX_PART_BYTES} bytes between slashes, or {MAX_NAME_CHARACTERS} signs"
    return ""


def _plain_name(name: str) -> str:
    fault = name_fault(name)
    if fault:
        message = f"must be a relative name; this one {fault}"
        raise ValueError(message)
    return name


FileName = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS), AfterValidator(_plain_name)]


class InputFile(Contract):
    """One file of input data, content-addressed; its bytes travel once, by upload."""

    digest: Digest
    name: FileName = Field(description="The name shown to people, with the ending that tells the format")
    size_bytes: Bytes


class InputFolder(Contract):
    """A folder of input files, with names relative to it."""

    name: FileName
    files: tuple[InputFile, ...] = Field(min_length=1, max_length=MAX_FOLDER_FILES)

    @property
    def size_bytes(self) -> int:
        """The size of all files together, in bytes."""
        return sum(file.size_bytes for file in self.files)


class UploadPart(Contract):
    """How far an upload in pieces is."""

    digest: Digest
    size_bytes: Bytes = Field(description="The size of the whole content")
    offset_bytes: Bytes = Field(description="How much has arrived; the next piece begins here")
    complete: bool = Field(description="Whether it is whole, checked against its digest and kept")


class UploadInfo(Contract):
    """What the server holds of one uploaded content."""

    digest: Digest
    size_bytes: Bytes
    created: bool = Field(description="True when this request stored it, False when it was there already")
