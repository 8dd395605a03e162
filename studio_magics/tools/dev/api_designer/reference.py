"""The reference for people: one HTML page that needs nothing else, and the same as Markdown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.api_designer.describing import Row, operation_rows, type_text
from studio_magics.tools.dev.documents import as_list, as_map, as_text
from studio_magics.tools.pictures import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.dev.api_designer.document import Document, Operation
    from studio_magics.tools.dev.api_designer.mocks import Mock

MAX_OPERATIONS = 1_000
MAX_SCHEMAS = 1_000
MAX_EXAMPLE = 4_000
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{margin:0;background:#f4f6f9;color:#1b2430;font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
main{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.5rem;margin:.2rem 0}
h2{font-size:1.2rem;margin:2rem 0 .6rem}h3{font-size:1rem;margin:.2rem 0 .5rem}
nav{background:#fff;border:1px solid #d5dae1;border-radius:6px;padding:.6rem 1rem}nav ul{margin:.2rem 0}
article{background:#fff;border:1px solid #d5dae1;border-radius:6px;padding:.8rem 1rem;margin:.8rem 0}
code,pre{font:13px/1.45 ui-monospace,'DejaVu Sans Mono',monospace}
pre{background:#f4f6f9;padding:.6rem;overflow-x:auto}
.quiet{color:#4d5967;font-size:.88rem}
.method{display:inline-block;min-width:4.2rem;font-weight:700;color:#1d5fbf}
.delete{color:#b91c1c}.post{color:#15803d}.put,.patch{color:#a16207}s{color:#4d5967}
table{border-collapse:collapse;width:100%;font-size:.88rem;margin:.4rem 0}
th,td{padding:.3rem .5rem;text-align:left;border-bottom:1px solid #e9edf2;vertical-align:top}
caption{text-align:left;font-weight:600;padding:.2rem .5rem}
td{overflow-wrap:anywhere}
a{color:#1d5fbf}details{margin:.4rem 0}
@media print{body{background:#fff}article{break-inside:avoid}}
"""


def html_page(document: Document, mocked: Sequence[Mock]) -> str:
    """The reference as one page; every text of the document is escaped."""
    groups = grouped(document)
    body = [f"<h1>{escaped(document.title)} {escaped(document.version)}</h1>", _lead(document), "<nav><ul>"]
    for tag, operations in groups.items():
        links = ", ".join(f'<a href="#{_anchor(one)}">{escaped(one.name)}</a>' for one in operations)
        body.append(f"<li>{escaped(tag)}: {links}</li>")
    body.append("</ul></nav>")
    examples = _by_operation(mocked)
    for tag, operations in groups.items():
        body.append(f"<h2>{escaped(tag)}</h2>")
        body += [_article(document, one, examples.get(one.name, [])) for one in operations]
    body.append("<h2>Types</h2>")
    body += [_type(document, name, one) for name, one in _schemas(document)]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escaped(document.title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>"
    )


def grouped(document: Document) -> dict[str, list[Operation]]:
    """The operations under their first tag, in the order they are written."""
    found: dict[str, list[Operation]] = {}
    for operation in document.operations[:MAX_OPERATIONS]:
        found.setdefault(operation.tag, []).append(operation)
    return found


def _schemas(document: Document) -> list[tuple[str, Any]]:
    schemas = as_map(as_map(document.value.get("components")).get("schemas"))
    return list(schemas.items())[:MAX_SCHEMAS]


def _by_operation(mocked: Sequence[Mock]) -> dict[str, list[Mock]]:
    found: dict[str, list[Mock]] = {}
    for one in mocked:
        found.setdefault(one.operation, []).append(one)
    return found


def _anchor(operation: Operation) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", operation.name).strip("-").lower()


def _lead(document: Document) -> str:
    told = as_text(as_map(document.value.get("info")).get("description"))
    servers = [as_text(as_map(one).get("url")) for one in as_list(document.value.get("servers"))]
    lines = [f"<p>{escaped(told)}</p>" if told else ""]
    if servers:
        lines.append(f'<p class="quiet">Servers: {escaped(", ".join(servers))}</p>')
    return "".join(lines)


def _article(document: Document, operation: Operation, examples: Sequence[Mock]) -> str:
    old = operation.value.get("deprecated") is True
    path = (
        f"<s>{escaped(operation.path)}</s> deprecated" if old else f"<code>{escaped(operation.path)}</code>"
    )
    method = f'<span class="method {operation.method}">{operation.method.upper()}</span>'
    said = as_text(operation.value.get("description")) or as_text(operation.value.get("summary"))
    parts = [f'<article id="{_anchor(operation)}"><h3>{method} {path}</h3>']
    parts.append(f"<p>{escaped(said)}</p>" if said else "")
    ways = _ways(document, operation)
    parts.append(f'<p class="quiet">{escaped(ways)}</p>')
    for title, rows in operation_rows(document, operation):
        parts.append(_html_table(title, rows))
    for one in examples:
        text = escaped(_json(one.value))
        parts.append(f"<details><summary>Example: {escaped(one.part)}</summary><pre>{text}</pre></details>")
    return "".join(parts) + "</article>"


def _ways(document: Document, operation: Operation) -> str:
    ways = [" and ".join(as_map(one)) or "nobody signed in" for one in document.security(operation)]
    return f"Sign in with {' or '.join(ways)}" if ways else "No sign-in"


def _needed(row: Row) -> str:
    return {True: "required", False: "optional", None: ""}[row.required]


def _html_table(title: str, rows: Sequence[Row]) -> str:
    lines = "".join(
        f"<tr><td><code>{escaped(row.name)}</code></td><td>{escaped(row.kind)}</td>"
        f"<td>{_needed(row)}</td><td>{escaped(row.told)}</td></tr>"
        for row in rows
    )
    return f'<table><caption class="quiet">{escaped(title)}</caption><tbody>{lines}</tbody></table>'


def _type(document: Document, name: str, schema: Any) -> str:
    value = as_map(schema)
    needed = as_list(value.get("required"))
    rows = [
        Row(key, type_text(document, one), key in needed, as_text(document.followed(one).get("description")))
        for key, one in as_map(value.get("properties")).items()
    ]
    table = _html_table("", rows) if rows else f"<p>{escaped(type_text(document, value))}</p>"
    said = as_text(value.get("description"))
    return f"<article><h3>{escaped(name)}</h3>{f'<p>{escaped(said)}</p>' if said else ''}{table}</article>"


def _json(value: Any) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_EXAMPLE else text[:MAX_EXAMPLE] + "\n…"


def markdown_page(document: Document, mocked: Sequence[Mock]) -> str:
    """The reference as Markdown; texts of the document cannot become markup."""
    lines = [f"# {_md(document.title)} {_md(document.version)}", ""]
    told = as_text(as_map(document.value.get("info")).get("description"))
    lines += [_md(told), ""] if told else []
    examples = _by_operation(mocked)
    for tag, operations in grouped(document).items():
        lines += [f"## {_md(tag)}", ""]
        for operation in operations:
            lines += _md_operation(document, operation, examples.get(operation.name, []))
    return "\n".join(lines).rstrip() + "\n"


def _md_operation(document: Document, operation: Operation, examples: Sequence[Mock]) -> list[str]:
    said = as_text(operation.value.get("description")) or as_text(operation.value.get("summary"))
    lines = [f"### {operation.method.upper()} {_md(operation.path)}", ""]
    lines += [_md(said), ""] if said else []
    lines += [_md(_ways(document, operation)), ""]
    for title, rows in operation_rows(document, operation):
        lines += [f"| {_md(title)} | type | | |", "|---|---|---|---|"]
        lines += [_md_row(row) for row in rows]
        lines.append("")
    for one in examples[:2]:
        fenced = _json(one.value).replace("```", "'''")
        lines += [f"Example ({_md(one.part)}):", "", "```json", fenced, "```", ""]
    return lines


def _md_row(row: Row) -> str:
    return f"| {_md(row.name)} | {_md(row.kind)} | {_needed(row)} | {_md(row.told)} |"


def _md(text: str) -> str:
    """Text as text: one line, without what Markdown or HTML would read as markup."""
    line = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", line.replace("&", "&amp;"))
