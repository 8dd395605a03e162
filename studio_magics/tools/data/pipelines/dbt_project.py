"""The pipeline as a dbt project: a model for each step, sources, and tests, in one zip.

What stands in SQL, descriptions and tests is data to dbt, too: it would take double braces for its templates.
"""

# sqlglot's trees are typed as `Expr | None` almost everywhere; what is read of them is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from studio_magics.tools.data.pipelines.dbt_tests import SOURCE, Places, column_tests, plain, single_tests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.data.pipelines.plan import Plan, Step

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
RESERVED = frozenset({"dbt", "dbt_duckdb"})
"""Names of packages that every project has already."""
PLAIN_FILE = re.compile(r"[\w./ -]+")


def as_dbt(plan: Plan, selects: Mapping[str, str]) -> bytes:
    """A zip of dbt_project.yml, models and their properties.

    Parquet files with plain names are sources. CSV files and rows that were written out become models,
    because dbt would guess anew how a text is cut and typed.
    """
    rows = {
        name: sql for name, sql in selects.items() if name not in plan.files or not _is_source(plan, name)
    }
    places = Places(plan, frozenset({*(one.name for one in plan.steps), *rows}))
    files = {"dbt_project.yml": _project(plan), "profiles.yml": PROFILE, "README.md": README}
    for name, sql in rows.items():
        files[f"models/{name}.sql"] = f"{{{{ config(materialized='table') }}}}\n\n{plain(sql)}\n"
    for step in plan.steps:
        files[f"models/{step.name}.sql"] = _model(step, places)
        files |= {f"tests/{name}.sql": text for name, text in single_tests(step, places).items()}
    files["models/properties.yml"] = _properties(plan, places)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, FIRST_DAY), text.encode("utf-8", "replace"))
    return packed.getvalue()


def _is_source(plan: Plan, name: str) -> bool:
    """A Parquet file whose name dbt can put into its own SQL and format strings."""
    file = plan.files[name]
    return file.lower().endswith((".parquet", ".pq")) and PLAIN_FILE.fullmatch(file) is not None


PROFILE = """\
studio_pipeline:
  target: dev
  outputs:
    dev: {type: duckdb, path: pipeline.duckdb, settings: {TimeZone: UTC}}
"""
README = """\
Put the data files beside this file, install dbt-core (1.10.5 or newer) and dbt-duckdb, then run
`dbt build --profiles-dir .`
"""


def _dump(value: Any) -> str:
    import yaml

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def _project(plan: Plan) -> str:
    name = re.sub(r"[^a-z0-9_]+", "_", plan.wish.name.lower()).strip("_") or "pipeline"
    name = name if name[0].isalpha() and name not in RESERVED else f"p_{name}"
    return _dump(
        {
            "name": name,
            "version": "1.0.0",
            "config-version": 2,
            "profile": "studio_pipeline",
            "model-paths": ["models"],
        }
    )


def _model(step: Step, places: Places) -> str:
    """The SELECT with ref() and source() in place of the names of tables."""
    from sqlglot import exp

    tree = step.tree.copy()
    inner = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        name = places.known(table.name)
        if name is None or table.name in inner:
            continue
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
        table.set("this", exp.to_identifier(places.mark(name)))
    body = places.referring(tree.sql(dialect="duckdb", pretty=True))
    return f"{{{{ config(materialized='{step.wish.kind}') }}}}\n\n{body}\n"


def _properties(plan: Plan, places: Places) -> str:
    found: dict[str, Any] = {"version": 2}
    files = {name: file for name, file in plan.files.items() if _is_source(plan, name)}
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
    found["models"] = [_model_properties(step, places) for step in plan.steps]
    return _dump(found)


def _model_properties(step: Step, places: Places) -> dict[str, Any]:
    found: dict[str, Any] = {"name": step.name}
    if step.wish.description:
        found["description"] = plain(step.wish.description)
    columns = column_tests(step, places)
    if columns:
        found["columns"] = [
            {"name": name, "quote": True, "data_tests": tests} for name, tests in columns.items()
        ]
    return found
