"""The pipeline as a dbt project: a model for each step, sources, and tests, in one zip."""

# sqlglot's trees are typed as `Expr | None` almost everywhere; what is read of them is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.data.pipelines.inputs import TestsWish
    from studio_magics.tools.data.pipelines.plan import Plan, Step

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
SOURCE = "raw"
MARK = "studio_reference_"


def as_dbt(plan: Plan, selects: Mapping[str, str]) -> bytes:
    """A zip of dbt_project.yml, models and their properties.

    Parquet files are sources. CSV files and rows that were written out become models, because dbt would guess
    anew how a text is cut and typed.
    """
    rows = {
        name: sql for name, sql in selects.items() if name not in plan.files or not _is_parquet(plan, name)
    }
    files = {"dbt_project.yml": _project(plan), "profiles.yml": PROFILE, "README.md": README}
    for name, sql in rows.items():
        files[f"models/{name}.sql"] = f"{{{{ config(materialized='table') }}}}\n\n{sql}\n"
    for step in plan.steps:
        files[f"models/{step.name}.sql"] = _model(step, plan, rows)
    files["models/properties.yml"] = _properties(plan)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, FIRST_DAY), text.encode("utf-8", "replace"))
    return packed.getvalue()


def _is_parquet(plan: Plan, name: str) -> bool:
    return plan.files[name].lower().endswith((".parquet", ".pq"))


PROFILE = """\
studio_pipeline:
  target: dev
  outputs:
    dev: {type: duckdb, path: pipeline.duckdb, settings: {TimeZone: UTC}}
"""
README = """\
Put the data files beside this file, install dbt-core and dbt-duckdb, then run `dbt build --profiles-dir .`
"""


def _dump(value: Any) -> str:
    import yaml

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def _project(plan: Plan) -> str:
    name = re.sub(r"[^a-z0-9_]+", "_", plan.wish.name.lower()).strip("_") or "pipeline"
    name = name if name[0].isalpha() else f"p_{name}"
    return _dump(
        {
            "name": name,
            "version": "1.0.0",
            "config-version": 2,
            "profile": "studio_pipeline",
            "model-paths": ["models"],
        }
    )


def _model(step: Step, plan: Plan, rows: Mapping[str, str]) -> str:
    """The SELECT with ref() and source() in place of the names of tables."""
    from sqlglot import exp

    tree = step.tree.copy()
    inner = {cte.alias for cte in tree.find_all(exp.CTE)}
    targets = {name.casefold(): name for name in (*(one.name for one in plan.steps), *plan.sources)}
    for table in list(tree.find_all(exp.Table)):
        name = targets.get(table.name.casefold())
        if name is None or table.name in inner:
            continue
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
        table.set("this", exp.to_identifier(f"{MARK}{name}"))
    sql = tree.sql(dialect="duckdb", pretty=True)
    is_model = {*(one.name for one in plan.steps), *rows}

    def reference(match: re.Match[str]) -> str:
        name = match[1]
        return f"{{{{ ref('{name}') }}}}" if name in is_model else f"{{{{ source('{SOURCE}', '{name}') }}}}"

    body = re.sub(rf"{MARK}(\w+)", reference, sql)
    return f"{{{{ config(materialized='{step.wish.kind}') }}}}\n\n{body}\n"


def _properties(plan: Plan) -> str:
    found: dict[str, Any] = {"version": 2}
    files = {name: file for name, file in plan.files.items() if _is_parquet(plan, name)}
    if files:
        found["sources"] = [
            {
                "name": SOURCE,
                "tables": [
                    {"name": name, "config": {"external_location": file}}
                    for name, file in sorted(files.items())
                ],
            }
        ]
    found["models"] = [_model_properties(step) for step in plan.steps]
    return _dump(found)


def _model_properties(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = {"name": step.name}
    if step.wish.description:
        found["description"] = step.wish.description
    columns = _column_tests(step.wish.tests)
    if columns:
        found["columns"] = [{"name": name, "data_tests": tests} for name, tests in columns.items()]
    return found


def _column_tests(tests: TestsWish) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for name in tests.not_null:
        columns.setdefault(name, []).append("not_null")
    for name in tests.unique:
        columns.setdefault(name, []).append("unique")
    for name, values in tests.accepted.items():
        columns.setdefault(name, []).append({"accepted_values": {"values": list(values)}})
    for name, target in tests.references.items():
        other, _, key = target.rpartition(".")
        to = {"relationships": {"to": f"ref('{other}')", "field": key}}
        columns.setdefault(name, []).append(to)
    return columns
