"""The catalogue as a Data Package, as JSON, and as one HTML page that can be searched."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from studio_magics.tools.pictures import escaped
from studio_magics.tools.wording import size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.contracts.results import Figure, Finding
    from studio_magics.tools.data.catalog.entries import Catalogue, ColumnEntry, Dataset

FIELD_TYPES: dict[str, str] = {
    "integer": "integer",
    "number": "number",
    "text": "string",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "datetime",
    "binary": "string",
    "other": "any",
}
MEDIA = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".parquet": "application/vnd.apache.parquet",
    ".pq": "application/vnd.apache.parquet",
}


def slug(text: str) -> str:
    """A name as Data Package wants it: small letters, digits, '.', '_' and '-'."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-") or "data"


def as_data_package(catalogue: Catalogue) -> bytes:
    """A Data Package (version 1) with a table schema for every resource."""
    names: dict[str, str] = {}
    for one in catalogue.datasets:
        name = slug(one.name)
        while name in names.values():
            name += "-2"
        names[one.name] = name
    package: dict[str, Any] = {
        "profile": "data-package",
        "name": slug(catalogue.name),
        "title": catalogue.name,
        "resources": [_resource(one, names[one.name], catalogue, names) for one in catalogue.datasets],
    }
    if catalogue.description:
        package["description"] = catalogue.description
    owners = list(dict.fromkeys(one.owner for one in catalogue.datasets if one.owner))
    if owners:
        package["contributors"] = [{"title": owner, "role": "maintainer"} for owner in owners]
    return _json(package)


def _resource(one: Dataset, name: str, catalogue: Catalogue, names: dict[str, str]) -> dict[str, Any]:
    ending = re.sub(r"\.gz$", "", one.file.lower())
    ending = ending[ending.rfind(".") :]
    found: dict[str, Any] = {
        "name": name,
        "path": one.file,
        "title": one.title,
        "format": ending.lstrip(".") or "data",
        "bytes": one.size_bytes,
        "hash": one.digest,
        "schema": _schema(one, catalogue, names),
        "studio": {"rows": one.rows, "sensitivity": one.sensitivity, "tags": list(one.tags)},
    }
    if ending in MEDIA:
        found |= {"mediatype": MEDIA[ending], "profile": "tabular-data-resource"}
    if one.description:
        found["description"] = one.description
    if one.licence:
        found["licenses"] = [{"name": slug(one.licence), "title": one.licence}]
    return found


def _schema(one: Dataset, catalogue: Catalogue, names: dict[str, str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": [_field(column, one) for column in one.columns]}
    if one.key:
        schema["primaryKey"] = list(one.key)
    keys = [
        {
            "fields": list(relation.columns),
            "reference": {"resource": names[parent], "fields": list(relation.parent_columns)},
        }
        for child, parent, relation in named_relations(catalogue)
        if child == one.name and parent in names and not relation.orphans
    ]
    if keys:
        schema["foreignKeys"] = keys
    return schema


def _field(column: ColumnEntry, one: Dataset) -> dict[str, Any]:
    found: dict[str, Any] = {"name": column.name, "type": FIELD_TYPES[column.kind]}
    if column.description or column.personal:
        found["description"] = column.description or column.personal
    constraints = {
        **({"required": True} if one.rows and column.filled == one.rows else {}),
        **({"unique": True} if column.is_key and len(one.key) == 1 else {}),
    }
    if constraints:
        found["constraints"] = constraints
    if column.sensitivity != "internal":
        found["sensitivity"] = column.sensitivity
    return found


def named_relations(catalogue: Catalogue) -> list[tuple[str, str, Any]]:
    """Every reference with the names the datasets have in the catalogue."""
    known = {one.name for one in catalogue.datasets}
    found: list[tuple[str, str, Any]] = []
    for source, relation in catalogue.relations:
        short = source.rpartition("/")[2]
        child, parent = (
            name if name in known else f"{short}:{name}" for name in (relation.child, relation.parent)
        )
        found.append((child, parent, relation))
    return found


def as_json(catalogue: Catalogue) -> bytes:
    """Everything, in the tool's own form."""
    document = {
        "format": "studio-catalogue/1",
        "name": catalogue.name,
        "coverage": {name: round(share, 4) for name, share in catalogue.coverage().items()},
        "datasets": [
            {
                "name": one.name,
                "title": one.title,
                "description": one.description,
                "owner": one.owner or None,
                "licence": one.licence or None,
                "tags": list(one.tags),
                "sensitivity": one.sensitivity,
                "file": one.file,
                "rows": one.rows,
                "key": list(one.key),
                "newest": one.newest.isoformat() if one.newest else None,
                "columns": [
                    {
                        "name": column.name,
                        "type": column.type,
                        "filled": column.filled,
                        "distinct": column.distinct,
                        "low": column.low,
                        "high": column.high,
                        "mean": column.mean,
                        "personal": column.personal or None,
                        "sensitivity": column.sensitivity,
                        "description": column.description,
                    }
                    for column in one.columns
                ],
            }
            for one in catalogue.datasets
        ],
        "fits": [
            {
                "from": [child, *relation.columns],
                "to": [parent, *relation.parent_columns],
                "declared": relation.is_declared,
                "orphans": relation.orphans,
            }
            for child, parent, relation in named_relations(catalogue)
        ],
        "unread": [{"file": name, "why": why} for name, why in catalogue.unread],
    }
    return _json(document)


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{margin:0;background:#f4f6f9;color:#1b2430;font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
main{max-width:72rem;margin:0 auto;padding:1.2rem 1rem 3rem}h1{font-size:1.5rem;margin:.2rem 0}
.quiet{color:#4d5967;font-size:.85rem}
input{font:inherit;width:100%;padding:.5rem .8rem;border:1px solid #6b7785;border-radius:8px;margin:.8rem 0}
details{background:#fff;border:1px solid #d5dae1;border-radius:8px;padding:.5rem .9rem;margin:.5rem 0}
summary{cursor:pointer;font-weight:600;overflow-wrap:anywhere}
.tag{display:inline-block;background:#e9edf2;border-radius:6px;padding:0 .5rem}
.tag{margin-right:.3rem;font-size:.8rem}
.restricted{background:#fac9c9}.confidential{background:#fdf0c4}.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.86rem;width:100%}th,td{text-align:left;padding:.25rem .6rem;
border-bottom:1px solid #e9edf2;vertical-align:top}[hidden]{display:none}
"""
SCRIPT = """
(() => {
  const box = document.getElementById("words");
  const cards = [...document.querySelectorAll("details")];
  const count = document.getElementById("count");
  const show = () => {
    const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const card of cards) {
      const text = card.textContent.toLowerCase();
      card.hidden = !words.every((word) => text.includes(word));
      shown += card.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${cards.length} datasets`;
  };
  box.addEventListener("input", show);
  box.value = decodeURIComponent(location.hash.slice(1));
  show();
})();
"""


def page(
    catalogue: Catalogue, figures: Sequence[Figure], findings: Sequence[Finding], *, headline: str, facts: str
) -> bytes:
    """The catalogue as a page with a search box; its own small script, no network, every text escaped."""
    digest = base64.b64encode(sha256(SCRIPT.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'"
    )
    todo = "".join(
        f"<li><b>{escaped(one.title)}.</b> {escaped(one.detail)} {escaped(one.action)}</li>"
        for one in findings
    )
    body = [
        f"<h1>{escaped(catalogue.name)}</h1><p>{escaped(catalogue.description)}</p><p>{escaped(headline)}</p>",
        f'<p class="quiet">{escaped(facts)}</p>',
        '<label for="words">Search names, columns, descriptions, owners and tags</label>',
        '<input id="words" type="search" autocomplete="off"><p class="quiet" id="count"></p>',
        *(_card(one) for one in catalogue.datasets),
        f"<h2>What to do</h2><ul>{todo}</ul>" if todo else "",
        *(figure.svg for figure in figures),
        f"<script>{SCRIPT}</script>",
    ]
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escaped(catalogue.name)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>"
    )
    return html.encode("utf-8", "replace")


def _card(one: Dataset) -> str:
    tags = "".join(f'<span class="tag">{escaped(tag)}</span>' for tag in one.tags)
    facts = f"{one.rows:,} rows, {len(one.columns)} columns, {size_text(one.size_bytes)}"
    known = [
        f"Owner: {one.owner or 'nobody named'}",
        f"Licence: {one.licence or 'none named'}",
        f"File: {one.file}",
        *([f"Newest date: {one.newest}"] if one.newest else []),
        *([f"Key: {', '.join(one.key)}"] if one.key else []),
    ]
    rows = "".join(_row(column) for column in one.columns)
    names = ("column", "type", "filled", "different", "from", "to", "about")
    head = "<tr>" + "".join(f"<th>{name}</th>" for name in names) + "</tr>"
    level = f'<span class="tag {one.sensitivity}">{one.sensitivity}</span>'
    return (
        f"<details><summary>{escaped(one.title)} {level}{tags}</summary>"
        f'<p class="quiet">{escaped(one.name)}: {escaped(facts)}</p><p>{escaped(one.description)}</p>'
        f"<p>{escaped(' · '.join(known))}</p>"
        f'<div class="scroll" tabindex="0"><table>{head}{rows}</table></div></details>'
    )


def _row(column: ColumnEntry) -> str:
    about = " ".join(part for part in (column.description, column.personal) if part)
    cells = (
        column.name,
        column.type,
        f"{column.filled:,}",
        f"{column.distinct:,}",
        column.low or "",
        column.high or "",
        about,
    )
    return (
        f'<tr class="{column.sensitivity}">'
        + "".join(f"<td>{escaped(cell)}</td>" for cell in cells)
        + "</tr>"
    )
