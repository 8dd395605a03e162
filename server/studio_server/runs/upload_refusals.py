"""Why an upload was not taken."""


class UploadTooLarge(ValueError):
    """The content is larger than one upload, or than all uploads of a user together, may be."""

    def __init__(self, allowed_bytes: int, *, together: bool = False) -> None:
        super().__init__(f"at most {allowed_bytes} bytes are allowed")
        self.allowed_bytes = allowed_bytes
        self.together = together


class UploadDiffers(ValueError):
    """The content does not have the digest it was announced with; nothing of it is kept."""

    def __init__(self, announced: str, found: str) -> None:
        super().__init__(f"the content is {found}, not {announced}")
        self.announced = announced
        self.found = found


class UploadMissing(LookupError):
    """An input names content that was never uploaded, or is no longer kept."""

    def __init__(self, digest: str, name: str) -> None:
        super().__init__(f"{name} has not been uploaded")
        self.digest = digest
        self.name = name


class UploadKindRefused(ValueError):
    """Content of this media type, or that begins like this, is not taken."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(f"{found}; allowed: {allowed}")
        self.found, self.allowed = found, allowed


class OffsetDiffers(ValueError):
    """The piece does not begin where the content that is here ends; nothing of the piece was kept."""

    def __init__(self, asked: int, here: int) -> None:
        super().__init__(f"the piece begins at {asked}, {here} bytes are here")
        self.asked, self.here = asked, here


class SizeDiffers(ValueError):
    """The upload was begun with another size, or more came than was announced."""

    def __init__(self, announced: int) -> None:
        super().__init__(f"the upload was announced with {announced} bytes")
        self.announced = announced


class UploadBusy(Exception):
    """Another request sends the same content at this moment."""


class UploadInUse(Exception):
    """A run of the user is not over and may need the content; nothing was deleted."""
