"""XML (SVG, project files and the like): no document type or entity, nothing from elsewhere, nothing deep."""

from __future__ import annotations

from typing import NoReturn
from xml.parsers import expat

from studio_magics.tools.intake.refusal import IntakeRefused

MAX_BYTES = 64_000_000
MAX_DEPTH = 200
MAX_ELEMENTS = 1_000_000
MAX_ATTRIBUTES = 1_000
MAX_NAME_CHARACTERS = 1_000
ENCODINGS = frozenset({"utf-8", "us-ascii", "ascii", "iso-8859-1"})
INCLUDE = "http://www.w3.org/2001/XInclude"
ALLOWED = "XML without a document type, entities or references"


def check_xml(content: bytes) -> None:
    """Go through the whole text once.

    Raises:
        IntakeRefused: A document type, an entity, an inclusion, a style sheet, another encoding; too deep;
            too long; or not well formed.
    """
    if len(content) > MAX_BYTES:
        raise IntakeRefused(f"XML of {len(content):,} bytes", f"at most {MAX_BYTES:,}", "send a part of it")
    parser = expat.ParserCreate(namespace_separator=" ")
    _Looker(parser)
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        line = getattr(error, "lineno", 0)
        raise IntakeRefused(
            f"XML that is not well formed in line {line}", "well-formed XML", "check it"
        ) from error
    except (LookupError, ValueError) as error:
        if isinstance(error, IntakeRefused):
            raise
        raise IntakeRefused("XML in another encoding than UTF-8", ALLOWED, "save it as UTF-8") from error


class _Looker:
    """What is looked at on the way."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self._depth = self._elements = 0
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._document_type
        parser.EntityDeclHandler = self._entity
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        del version, standalone
        if encoding is not None and encoding.lower() not in ENCODINGS:
            raise IntakeRefused("XML in another encoding than UTF-8", ALLOWED, "save it as UTF-8")

    def _document_type(self, *_: object) -> NoReturn:
        raise IntakeRefused("an XML document type (<!DOCTYPE)", ALLOWED, "take the line out")

    def _entity(self, *_: object) -> NoReturn:
        raise IntakeRefused("an XML entity", ALLOWED, "write the text out")

    def _instruction(self, target: str, _: str) -> None:
        if target.lower().startswith(("xml-stylesheet", "php", "mso-")):
            raise IntakeRefused(
                "an instruction to load or run something in XML", ALLOWED, "take the line out"
            )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if name.startswith(INCLUDE):
            raise IntakeRefused(
                "an inclusion of another file in XML (XInclude)", ALLOWED, "write the text out"
            )
        if self._depth > MAX_DEPTH:
            found = f"XML nested deeper than {MAX_DEPTH} levels"
            raise IntakeRefused(found, f"at most {MAX_DEPTH} levels", "flatten it")
        if (
            self._elements > MAX_ELEMENTS
            or len(attributes) > MAX_ATTRIBUTES
            or len(name) > MAX_NAME_CHARACTERS
        ):
            raise IntakeRefused("XML with too many or too long parts", ALLOWED, "send a part of it")

    def _end(self, _: str) -> None:
        self._depth -= 1
