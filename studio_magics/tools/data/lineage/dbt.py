"""dbt: its manifest, and models whose only templates are ref, source, config, comments and calls of macros.

Nothing is rendered by a template engine. A macro that is called with plain words, as in
`{{ cents('amount') }}`, is read as a function of the columns it names; of `{% if is_incremental() %}` the
other branch is read, as when the model is built as a whole; a table that `var()` names is one of its own.
All three are reported as assumed; any other template is reported as not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.data.lineage.texts import SqlText, Unread
from studio_magics.tools.intake.json_text import load_json
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.yaml_text import check_yaml

if TYPE_CHECKING:
    from studio_magics.tools.data.lineage.texts import Gathered

QUOTED = r"""['"]([^'"{}%]+)['"]"""
REF = re.compile(r"\{\{-?\s*ref\(\s*" + QUOTED + r"(?:\s*,\s*" + QUOTED + r")?\s*\)\s*-?\}\}")
SOURCE = re.compile(r"\{\{-?\s*source\(\s*" + QUOTED + r"\s*,\s*" + QUOTED + r"\s*\)\s*-?\}\}")
CONFIG = re.compile(r"\{\{-?\s*config\((?:[^{}]|\{[^{}]*\})*\)\s*-?\}\}")
WORD = r"""(?:'[^'"{}%]*'|"[^'"{}%]*"|-?\d+(?:\.\d+)?)"""
WORDS = rf"\s*{WORD}(?:\s*,\s*{WORD})*\s*"
MACRO = re.compile(rf"\{{\{{-?\s*([a-z_][\w.]*)\((?:{WORDS}|\s*\[{WORDS}\]\s*)\)\s*-?\}}\}}", re.IGNORECASE)
NO_COLUMNS = frozenset(
    [
        "second",
        "minute",
        "hour",
        "day",
        "week",
        "isoweek",
        "month",
        "quarter",
        "year",
        "this",
        "true",
        "false",
    ]
)
"""Words that macros for dates take: parts of a date, no columns."""
VARIABLE = re.compile(r"\b(from|join)\s+\{\{-?\s*var\(\s*" + QUOTED + r"\s*\)\s*-?\}\}", re.IGNORECASE)
INSIDE = r"((?:(?!\{%).)*)"
INCREMENTAL = re.compile(
    r"\{%-?\s*if\s+is_incremental\(\)\s*-?%\}"
    + INSIDE
    + r"(?:\{%-?\s*else\s*-?%\}"
    + INSIDE
    + r")?\{%-?\s*endif\s*-?%\}",
    re.DOTALL,
)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
TEMPLATE = re.compile(r"\{\{|\{%|\{#")
MODEL_FOLDERS = frozenset({"models", "snapshots"})
OTHER_FOLDERS = frozenset({"macros", "tests", "analyses", "analysis", "target", "logs"})
SAME_NAME = (
    "postgres", "redshift", "snowflake", "bigquery", "duckdb", "spark", "databricks", "trino", "sqlite",
    "clickhouse",
)  # fmt: skip
ADAPTERS = {**{name: name for name in SAME_NAME}, "sqlserver": "tsql", "athena": "trino"}
QUERIES = frozenset({"model", "snapshot"})


def is_template(text: str) -> bool:
    """Whether the text holds Jinja."""
    return TEMPLATE.search(text) is not None


@dataclass(frozen=True)
class Rendered:
    """SQL without templates, as far as that goes."""

    sql: str
    left: str
    """The line of the first template that is left; empty when none is."""
    assumed: tuple[str, ...]
    """Macros that were read as functions."""


def rendered(text: str, *, keep_schema: bool = True, macros: bool = True) -> Rendered:
    """The SQL with references as plain names; with `macros` their calls are functions, only to be read."""
    assumed: list[str] = []

    def source(match: re.Match[str]) -> str:
        return f"{_name(match[1])}.{_name(match[2])}" if keep_schema else _name(match[2])

    def blank(match: re.Match[str]) -> str:
        return "\n" * match[0].count("\n")

    text = CONFIG.sub(blank, COMMENT.sub(blank, text))
    text = REF.sub(lambda match: _name(match[2] or match[1]), text)
    text = SOURCE.sub(source, text)
    if macros:
        text = INCREMENTAL.sub(lambda match: _of_first_run(match, assumed), text)
        text = VARIABLE.sub(lambda match: _as_table(match, assumed), text)
        text = MACRO.sub(lambda match: _as_function(match, assumed), text)
    left = TEMPLATE.search(text)
    line = "" if left is None else f"line {text.count(chr(10), 0, left.start()) + 1}"
    return Rendered(text, line, tuple(assumed))


def _of_first_run(match: re.Match[str], assumed: list[str]) -> str:
    """What stands in for `{% if is_incremental() %}` when the model is built as a whole: the other branch."""
    assumed.append("is_incremental(), as when the model is built as a whole,")
    otherwise = match[2] or ""
    lines = match[0].count("\n") - otherwise.count("\n")
    return "\n" * lines + otherwise


def _as_table(match: re.Match[str], assumed: list[str]) -> str:
    """`from {{ var('orders') }}` as a table of its own: what it is called is decided elsewhere."""
    assumed.append(f"var '{match[2]}'")
    return f"{match[1]} {_name('var_' + match[2])}"


def _as_function(match: re.Match[str], assumed: list[str]) -> str:
    """`{{ cents('amount', 2) }}` as `macro_cents(amount, 2)`; what macros do beside is not known."""
    assumed.append(match[1])
    words = [word[0] for word in re.finditer(WORD, match[0])]
    plain = [word.strip("'\"") for word in words]
    columns = [word if word.isidentifier() and word.lower() not in NO_COLUMNS else "" for word in plain]
    given = [column or f"'{word}'" for column, word in zip(columns, plain, strict=True)]
    return f"macro_{match[1].replace('.', '_')}({', '.join(given)})"


def _name(text: str) -> str:
    return '"' + text.replace('"', "") + '"' if not text.isidentifier() else text


def read_model(name: str, text: str, found: Gathered) -> None:
    """Add the model in this file, unless a template in it needs an engine."""
    parts = set(PurePosixPath(name).parts[:-1])
    if OTHER_FOLDERS & parts and not MODEL_FOLDERS & parts:
        found.skipped.append(name)
        return
    model = rendered(text)
    if model.left:
        why = "a template that is not rendered"
        found.unread.append(Unread(f"{name}, {model.left}", why, is_template=True))
        return
    found.assumed += [f"{macro} in {name}" for macro in model.assumed]
    found.texts.append(SqlText(name, model.sql, target=PurePosixPath(name).stem, is_model=True))


def read_properties(name: str, text: str, found: Gathered) -> None:
    """Note the columns of sources and seeds that a dbt YAML file lists."""
    import yaml

    try:
        check_yaml(text)
        document: Any = yaml.safe_load(text)
    except (IntakeRefused, yaml.YAMLError) as refused:
        found.unread.append(Unread(name, refused.found if isinstance(refused, IntakeRefused) else "no YAML"))
        return
    if not isinstance(document, dict):
        return
    entries = cast("dict[str, Any]", document)
    for source in _mappings(entries.get("sources")):
        for table in _mappings(source.get("tables")):
            _declare(f"{source.get('name')}.{table.get('name')}", table.get("columns"), found)
    for seed in _mappings(entries.get("seeds")):
        _declare(str(seed.get("name")), seed.get("columns"), found)


def _mappings(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        return []
    return [cast("dict[str, Any]", one) for one in cast("list[Any]", value) if isinstance(one, dict)]


def _declare(dataset: str, columns: Any, found: Gathered) -> None:
    listed = {
        str(one["name"]): str(one.get("data_type") or "") for one in _mappings(columns) if "name" in one
    }
    if listed:
        found.declared[dataset] = listed


def read_manifest(content: bytes, name: str, found: Gathered) -> None:
    """Add all models with their compiled SQL, and the columns of sources and seeds.

    Raises:
        IntakeRefused: No manifest.
    """
    manifest = load_json(content)
    nodes: Any = cast("dict[str, Any]", manifest).get("nodes") if isinstance(manifest, dict) else None
    if not isinstance(nodes, dict):
        raise IntakeRefused("JSON without 'nodes'", "dbt's target/manifest.json", "run `dbt compile` first")
    document = cast("dict[str, Any]", manifest)
    metadata: Any = document.get("metadata") or {}
    found.dialect = ADAPTERS.get(str(cast("dict[str, Any]", metadata).get("adapter_type")))
    sources: Any = document.get("sources")
    for node in sorted(_values(nodes) + _values(sources), key=lambda one: str(one.get("unique_id"))):
        _read_node(node, name, found)


def _values(entries: Any) -> list[dict[str, Any]]:
    return _mappings(list(cast("dict[str, Any]", entries).values())) if isinstance(entries, dict) else []


def _read_node(node: dict[str, Any], manifest: str, found: Gathered) -> None:
    relation = _plain_relation(node)
    kind = str(node.get("resource_type"))
    if kind in {"source", "seed"}:
        _declare(relation, list(_values(node.get("columns"))), found)
    if kind not in QUERIES:
        return
    path = str(node.get("original_file_path") or manifest)
    compiled: Any = node.get("compiled_code") or node.get("compiled_sql")
    if compiled:
        found.texts.append(SqlText(path, str(compiled), target=relation, is_model=True))
        return
    model = rendered(str(node.get("raw_code") or node.get("raw_sql") or ""))
    if model.left:
        reason = "a model that was not compiled and has a template; run `dbt compile` first"
        found.unread.append(Unread(path, reason, is_template=True))
    elif model.sql.strip():
        found.assumed += [f"{macro} in {path}" for macro in model.assumed]
        found.texts.append(SqlText(path, model.sql, target=str(node.get("name")), is_model=True))


def _plain_relation(node: dict[str, Any]) -> str:
    """The name in the database, with its quotes: only what is quoted keeps its upper and lower case."""
    written: Any = node.get("relation_name")
    if written:
        return str(written)
    if str(node.get("resource_type")) == "source":
        return f"{node.get('source_name')}.{node.get('name')}"
    return str(node.get("alias") or node.get("name"))
