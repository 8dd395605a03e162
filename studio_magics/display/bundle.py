"""What every display is: the same facts as text, as HTML and, where a front end knows it, as data."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.display.markup import Html

if TYPE_CHECKING:
    from pydantic import BaseModel

ESTIMATE_MIME = "application/vnd.studio.estimate+json"
RECEIPT_MIME = "application/vnd.studio.receipt+json"
PROGRESS_MIME = "application/vnd.studio.progress+json"


@dataclass(frozen=True)
class Display:
    """The same facts for every front end; `data` is keyed by MIME type."""

    text: str
    html: Html
    data: tuple[tuple[str, Any], ...] = ()

    def mimebundle(self) -> dict[str, Any]:
        """The bundle a front end chooses from."""
        return {"text/plain": str(self), "text/html": str(self.html), **dict(self.data)}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        del include, exclude
        return self.mimebundle()

    def __str__(self) -> str:
        """The text without control characters: data must not steer a terminal."""
        return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in self.text)

    def __repr__(self) -> str:
        return str(self)


def as_data(mime: str, model: "BaseModel") -> tuple[tuple[str, Any], ...]:
    """The contract itself under its MIME type."""
    return ((mime, model.model_dump(mode="json")),)
