"""The catalogue as Croissant 1.0 (JSON-LD): files, and records with their fields, for tables in files."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from studio_magics.tools.data.catalog.exports import MEDIA, slug

if TYPE_CHECKING:
    from datetime import datetime

    from studio_magics.tools.data.catalog.entries import Catalogue, ColumnEntry, Dataset

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context the standard prescribes."""
VERSION = "http://mlcommons.org/croissant/1.0"
TYPES: dict[str, str] = {
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "timestamp": "sc:DateTime",
}


def as_croissant(catalogue: Catalogue, at: datetime) -> bytes:
    """A Croissant description of the tables that are files; those in databases have no place in it."""
    tables = [one for one in catalogue.datasets if one.source_kind == "file"]
    licences = list(dict.fromkeys(one.licence for one in tables if one.licence))
    owners = list(dict.fromkeys(one.owner for one in tables if one.owner))
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": slug(catalogue.name),
        "description": catalogue.description or catalogue.name,
        "datePublished": at.date().isoformat(),
        "version": "1.0.0",
        "url": f"urn:studio:catalogue:{slug(catalogue.name)}",
        "distribution": [_file(one) for one in tables],
        "recordSet": [_records(one) for one in tables],
    }
    if licences:
        document["license"] = licences if len(licences) > 1 else licences[0]
    if owners:
        document["creator"] = [{"@type": "sc:Organization", "name": owner} for owner in owners]
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _key(one: Dataset) -> str:
    return slug(one.file)


def _file(one: Dataset) -> dict[str, Any]:
    ending = re.sub(r"\.gz$", "", one.file.lower())
    return {
        "@type": "cr:FileObject",
        "@id": _key(one),
        "name": _key(one),
        "contentUrl": one.file,
        "contentSize": f"{one.size_bytes} B",
        "encodingFormat": MEDIA.get(ending[ending.rfind(".") :], "application/octet-stream"),
        "sha256": one.digest.removeprefix("sha256:"),
    }


def _records(one: Dataset) -> dict[str, Any]:
    name = f"{slug(one.name)}-rows"
    found: dict[str, Any] = {"@type": "cr:RecordSet", "@id": name, "name": name}
    found["description"] = one.description or one.title
    keys = _identifiers(one, name)
    found["field"] = [_field(keys[column.name], column, one) for column in one.columns]
    if one.key:
        found["key"] = [{"@id": keys[column]} for column in one.key]
    return found


def _identifiers(one: Dataset, records: str) -> dict[str, str]:
    """Column to the identifier of its field, each once."""
    found: dict[str, str] = {}
    for column in one.columns:
        key = f"{records}/{slug(column.name)}"
        while key in found.values():
            key += "-2"
        found[column.name] = key
    return found


def _field(key: str, column: ColumnEntry, one: Dataset) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": key,
        "name": key,
        "description": column.description or column.name,
        "dataType": TYPES.get(column.kind, "sc:Text"),
        "source": {"fileObject": {"@id": _key(one)}, "extract": {"column": column.name}},
    }
