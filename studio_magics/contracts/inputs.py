"""How data is named in a tool's input: by content, never by a path of somebody's machine."""

from typing import Annotated

from pydantic import AfterValidator, Field

from studio_magics.contracts.base import Bytes, Contract, Digest

MAX_FOLDER_FILES = 1_000
MAX_UPLOAD_BYTES = 64_000_000
"""One upload; a server may allow less. Kernel runs have no such limit."""


def _plain_name(name: str) -> str:
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\\" in name or "\x00" in name:
        message = "must be a relative name without '..', empty parts or backslashes"
        raise ValueError(message)
    return name


FileName = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_plain_name)]


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


class UploadInfo(Contract):
    """What the server holds of one uploaded content."""

    digest: Digest
    size_bytes: Bytes
    created: bool = Field(description="True when this request stored it, False when it was there already")
