"""Whether a value fits a schema of the document, by the rules of JSON Schema 2020-12."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.documents import as_list, as_map

if TYPE_CHECKING:
    from studio_magics.tools.dev.api_designer.document import Document

ADDRESS = "urn:studio:api"
"""What the document is called while its schemas refer to it; nothing is fetched."""


class Fitting:
    """Validates against schemas whose references lead into one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._made: dict[int, Any] = {}
        self._kept: list[Any] = []

    def fits(self, schema: Any, value: Any) -> bool:
        """False where the value does not fit; True where the schema itself cannot be used."""
        validator = self._validator(schema)
        return True if validator is None else bool(validator.is_valid(value))

    def faults(self, schema: Any, value: Any) -> list[str]:
        """What does not fit, and where in the value; the value itself is not repeated."""
        validator = self._validator(schema)
        return [] if validator is None else [_told(error) for error in validator.iter_errors(value)]

    @cached_property
    def _registry(self) -> Any:
        import jsonschema_rs

        held = {"components": self._document.value.get("components", {})}
        paths = self._document.value.get("paths")
        whole = {**held, "paths": paths} if paths else held
        return jsonschema_rs.Registry([(ADDRESS, whole)], draft=jsonschema_rs.Draft202012)

    def _validator(self, schema: Any) -> Any:
        """A validator for this schema; None for one that is broken."""
        if id(schema) not in self._made:
            self._made[id(schema)] = self._build(schema)
            self._kept.append(schema)
        return self._made[id(schema)]

    def _build(self, schema: Any) -> Any:
        import jsonschema_rs

        try:
            return jsonschema_rs.Draft202012Validator(
                absolute(schema), registry=self._registry, validate_formats=True, mask="it"
            )
        except (ValueError, jsonschema_rs.ReferencingError):
            return None


def _told(error: Any) -> str:
    place = ".".join(str(one) for one in error.instance_path)
    return f"{place}: {error.message}" if place else str(error.message)


def absolute(schema: Any) -> Any:
    """The schema with its references written from outside of the document."""
    if isinstance(schema, list):
        return [absolute(one) for one in as_list(schema)]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"{ADDRESS}{value}" if key == "$ref" and isinstance(value, str) else absolute(value)
        for key, value in as_map(schema).items()
        if key not in {"example", "examples", "discriminator", "xml", "externalDocs"}
    }
