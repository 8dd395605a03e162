"""`import studio_magics` and loading the extension import nothing heavy."""

import json
import subprocess
import sys

HEAVY = (
    "IPython",
    "alembic",
    "bandit",
    "cedarpy",
    "duckdb",
    "httpx",
    "matplotlib",
    "networkx",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "presidio_analyzer",
    "sqlalchemy",
    "sqlglot",
    "studio_server",
    "yaml",
)


def heavy_after(code: str) -> list[str]:
    """The heavy modules that a fresh interpreter has after this code."""
    told = f"import json, sys; print(json.dumps([one for one in {HEAVY!r} if one in sys.modules]))"
    answer = subprocess.run(
        [sys.executable, "-c", f"{code}\n{told}"], capture_output=True, text=True, check=True
    )
    return json.loads(answer.stdout)


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert heavy_after("import studio_magics") == []


def test_the_catalogue_names_all_tools_without_importing_one() -> None:
    code = "from studio_magics.tools import catalog; assert len(catalog.BUILT_IN) == 24"
    assert not set(heavy_after(code)) & {"duckdb", "sqlalchemy", "sqlglot", "numpy", "networkx", "pandas"}


def test_a_heavy_import_would_be_noticed() -> None:
    assert "sqlalchemy" in heavy_after("import studio_magics, sqlalchemy")
