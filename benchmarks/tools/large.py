# ruff: noqa: S608  - the statements are examples, run by the tool under measurement alone
"""A large example for every tool, beside the small ones of the tools: real data where some is at hand.

Real are: sources of the standard library (`security`, `performance`), the pinned packages of this repository,
its API description, statement and facts, and the public tables of `notebooks/data`, repeated until they are
large.
"""

from __future__ import annotations

import io
import json
import random
import sqlite3
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from studio_magics.tools.base import Example, ExampleFile

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "notebooks" / "data"
MEGABYTE = 1_000_000
SEED = 7


def large(name: str) -> Example:
    """The large example of the tool with this short name.

    Raises:
        KeyError: There is none.
    """
    told, make = EXAMPLES[name]
    return Example(f"large: {told}", make())


def _tiled(name: str, megabytes: float, *, key: bool = True) -> bytes:
    """A public table, its rows repeated under new numbers."""
    head, *rows = (TABLES / name).read_text("utf-8").splitlines()
    count = int(megabytes * MEGABYTE / (sum(map(len, rows)) / len(rows) + 9))
    lines = [f"row_number,{head}"] if key else [head]
    lines += [f"{n},{rows[n % len(rows)]}" if key else rows[n % len(rows)] for n in range(count)]
    return ("\n".join(lines) + "\n").encode()


def _archive(*packages: str) -> bytes:
    """Packages of the standard library as one ZIP file."""
    library = Path(sysconfig.get_paths()["stdlib"])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in packages:
            for path in sorted((library / package).rglob("*.py")):
                info = zipfile.ZipInfo(str(path.relative_to(library)), (2026, 1, 1, 0, 0, 0))
                archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _database() -> bytes:
    """30 tables that refer to one another, about 12 MB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.db"
        books = sqlite3.connect(path)
        for n in range(30):
            parent = f"REFERENCES t{n - 1} (id)" if n else ""
            books.execute(
                f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, parent_id INTEGER {parent}, note TEXT, v REAL)"
            )
            rows = ((i, i, f"note number {i} of {n}", i / 4) for i in range(1, 10_001))
            books.executemany(f"INSERT INTO t{n} VALUES (?, ?, ?, ?)", rows)
        books.commit()
        books.close()
        return path.read_bytes()


def _people() -> bytes:
    rng = random.Random(SEED)  # noqa: S311  - the same data every time
    lines = ["name,email,phone,iban,birth_year,postcode,diagnosis"]
    for n in range(20_000):
        year, post = 1940 + rng.randrange(65), f"SW{rng.randrange(20)}A {rng.randrange(10)}AA"
        told = rng.choice(("asthma", "none", "diabetes", "migraine"))
        lines.append(f"Person {n},person{n}@example.org,+44 20 7946 {n % 10_000:04d},,{year},{post},{told}")
    return ("\n".join(lines) + "\n").encode()


def _sql() -> bytes:
    """A warehouse of 90 steps, each on the step before."""
    parts = ["CREATE TABLE orders_0 (id int, customer_id int, amount numeric, status text);"]
    for n in range(1, 91):
        parts.append(
            f"CREATE VIEW paid_{n} AS SELECT id, customer_id, amount * 1.{n} AS amount, status "
            f"FROM orders_{n - 1} WHERE status = 'paid' OR amount > {n};"
        )
        parts.append(
            f"CREATE TABLE orders_{n} AS WITH top AS (SELECT customer_id, max(amount) AS most FROM paid_{n} "
            f"GROUP BY customer_id) SELECT p.id, p.customer_id, p.amount - t.most / {n}.0 AS amount, "
            f"p.status FROM paid_{n} p JOIN top t ON t.customer_id = p.customer_id;"
        )
    return "\n".join(parts).encode()


def _incidents(count: int) -> bytes:
    lines = ["id,severity,type,host,occurred,detected,acknowledged,resolved"]
    kinds = ("phishing", "malware", "access")
    for n in range(count):
        day, month = n % 28 + 1, n * 12 // count + 1
        days = [f"2025-{month:02d}-{day:02d} {hour:02d}:{n % 60:02d}" for hour in (6, 7, 8, 9 + n % 12)]
        lines.append(f"{n},P{n % 4 + 1},{kinds[n % 3]},host {n % 400},{','.join(days)}")
    return ("\n".join(lines) + "\n").encode()


def _design(count: int) -> str:
    """Layers of ten components, each reaching the next."""
    lines = ["zones: [{name: internet, trust: 0}, {name: inside, trust: 5}]", "components:"]
    lines.append("  - {name: anybody, kind: external, zone: internet}")
    lines += [
        f"  - {{name: c{i}, kind: service, zone: inside, value: {3 if i >= count - 5 else 0}}}"
        for i in range(count)
    ]
    lines.append("flows:")
    lines += [f"  - {{from: anybody, to: c{i}, protocol: https}}" for i in range(10)]
    lines += [
        f"  - {{from: c{i}, to: c{j}, protocol: https, authentication: token}}"
        for i in range(count - 10)
        for j in range((i // 10 + 1) * 10, (i // 10 + 1) * 10 + 5)
    ]
    return "\n".join(lines)


def _system(count: int) -> str:
    lines = ["zones: [{name: internet, trust: 0}, {name: inside, trust: 5}]"]
    lines.append("data: [{name: login, class: credentials}, {name: people, class: personal}]")
    lines.append("elements:\n  - {name: u, kind: person, zone: internet}")
    lines += [
        f"  - {{name: p{i}, kind: process, zone: inside, technology: [web, api]}}" for i in range(count)
    ]
    lines.append("flows:")
    lines += [
        f"  - {{from: {f'p{i - 1}' if i else 'u'}, to: p{i}, protocol: http, data: people}}"
        for i in range(count)
    ]
    return "\n".join(lines)


def _statement() -> str:
    text = (ROOT / "studio_magics/tools/cyber/compliance/studio.yaml").read_text("utf-8")
    more = "".join(
        f"  - {{id: E{n}, title: Number {n}, date: 2025-12-01, shows: [mfa, A.5.{1 + n % 37}]}}\n"
        for n in range(200)
    )
    return text.replace("evidence:\n", f"evidence:\n{more}", 1)


def _framework() -> dict[str, object]:
    text = "roles: {r: {clearance: internal}}\npeople: {ada: [r]}\ndatasets:\n"
    text += "".join(f"  d{n}: {{class: internal, owner: ada}}\n" for n in range(400))
    rows = "who,dataset,action\n" + "".join(
        f"ada,d{n % 400},{word}\n" for n in range(1_600) for word in ("read", "write")
    )
    return {"policies": text, "access_list": ExampleFile("access.csv", rows.encode())}


def _ddl(count: int, more: str = "") -> bytes:
    parts: list[str] = []
    for n in range(count):
        parent = f", parent_id integer REFERENCES t{n - 1} (id)" if n else ""
        parts.append(
            f"CREATE TABLE t{n} (id integer PRIMARY KEY, name text NOT NULL, note{more} text{parent});"
        )
    return "\n".join(parts).encode()


def _pins() -> str:
    """The pinned packages of this repository's own lock file, and old ones with known holes."""
    lines = (ROOT / "requirements" / "dev.txt").read_text("utf-8").splitlines()
    own = [line.split()[0] for line in lines if "==" in line and not line.startswith((" ", "#"))]
    filler = [f"package-{n}==1.{n}" for n in range(1_000)]
    return "\n".join([*own, "django==3.2.0", "requests==2.19.0", "pillow==8.0.0", "pyyaml==5.1", *filler])


def _workflow(jobs: int) -> bytes:
    lines = ["on: [push]", "permissions: {contents: read}", "jobs:"]
    for n in range(jobs):
        lines += [
            f"  job{n}:",
            "    runs-on: ubuntu-24.04",
            *([f"    needs: [job{n - 1}]"] if n else []),
            "    steps:",
            "      - uses: actions/checkout@v4",
            f'      - run: echo "${{{{ github.event.issue.title }}}}" {n}',
        ]
    return ("\n".join(lines) + "\n").encode()


def _estate(count: int) -> str:
    lines = ["name: Estate", "defaults: {provider: aws, region: us-east-1}", "components:"]
    lines += [f"  - {{name: web{n}, kind: vm, size: m5.large, count: {1 + n % 5}}}" for n in range(count)]
    lines += [f"  - {{name: files{n}, kind: object-storage, gb: {500 + n}}}" for n in range(count)]
    return "\n".join(lines) + "\n"


def _policies() -> dict[str, object]:
    facts = (ROOT / "studio_magics/tools/cyber/policy_generator/studio.yaml").read_text("utf-8")
    old = "# Access\n\nEvery account belongs to one person. Backups are tried once a year.\n\n"
    return {"facts": facts, "existing": ExampleFile("old.md", (old * 400).encode())}


def _quality() -> dict[str, object]:
    return {
        "data": ExampleFile("elnino.csv", _tiled("elnino.csv", 12)),
        "previous": ExampleFile("earlier.csv", _tiled("elnino.csv", 6)),
        "expectations": "alerts: [{metric: psi, warn: above 0.1, fail: above 0.25}]\n",
    }


def _risks(count: int) -> dict[str, object]:
    lines = "".join(
        f"  - {{title: r{n}, frequency: {{low: 0.5, likely: 2, high: 6}}, loss: {{low: 100, high: 9000}}}}\n"
        for n in range(count)
    )
    return {"risks": f"risks:\n{lines}", "iterations": 100_000}


PIPELINE = """
name: seas
steps:
  - {name: warm, sql: "SELECT * FROM elnino WHERE JAN > 24", tests: {not_null: [YEAR]}}
  - {name: yearly, sql: "SELECT YEAR, avg(JAN) AS january, avg(JUL) AS july FROM warm GROUP BY YEAR"}
  - {name: odd, sql: "SELECT * FROM yearly WHERE january > july + 2"}
"""
BUSY = b"""
import ast, json, pathlib, sysconfig

library = pathlib.Path(sysconfig.get_paths()["stdlib"])
for name in ("argparse.py", "typing.py", "inspect.py", "subprocess.py", "tarfile.py", "zipfile.py") * 2:
    path = library / name
    if path.exists():
        tree = ast.parse(path.read_text())
        json.dumps([ast.dump(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)])
"""


def _deployment() -> dict[str, object]:
    from studio_magics.tools.catalog import load

    tool = load("dev-studio-deployment")
    return {**tool.examples[0].inputs, "repository": _folder("studio_magics/display")}


def _folder(path: str) -> dict[str, object]:
    """A folder of this repository."""
    found = sorted((ROOT / path).glob("*.py"))
    return {"name": Path(path).name, "files": [ExampleFile(one.name, one.read_bytes()) for one in found]}


def _project() -> dict[str, object]:
    from studio_magics.tools.catalog import load

    tool = load("dev-studio-projects")
    text = tool.example.split("\n", 1)[1]
    return {"project": text, "existing": _folder("studio_magics/tools/pictures"), "merge": True}


def _api() -> dict[str, object]:
    text = (ROOT / "docs" / "openapi.json").read_bytes()
    value = json.loads(text)
    gone = min(value["paths"])
    older = {**value, "paths": {name: one for name, one in value["paths"].items() if name != gone}}
    return {
        "document": ExampleFile("openapi.json", text),
        "previous": ExampleFile("older.json", json.dumps(older).encode()),
    }


def _catalogue() -> dict[str, object]:
    files = [
        ExampleFile("elnino.csv", _tiled("elnino.csv", 4)),
        ExampleFile("co2.csv", _tiled("co2.csv", 4)),
        ExampleFile("copper.csv", _tiled("copper.csv", 2)),
        ExampleFile("large.db", _database()),
    ]
    return {"source": {"name": "data", "files": files}, "query": "temperature"}


EXAMPLES = {
    "api-designer": ("this project's API, against one without a path", _api),
    "cicd": ("a workflow of 60 jobs", lambda: {"workflow": ExampleFile("ci.yml", _workflow(60))}),
    "cost": ("120 components", lambda: {"architecture": _estate(60)}),
    "deployment": ("three clouds with a repository", _deployment),
    "performance": (
        "the standard library's sources, parsed",
        lambda: {"script": ExampleFile("parse.py", BUSY), "seconds": 4},
    ),
    "projects": ("a project beside an existing folder", _project),
    "schema-designer": (
        "40 tables in two versions",
        lambda: {
            "document": ExampleFile("new.sql", _ddl(40, "s")),
            "previous": ExampleFile("old.sql", _ddl(40)),
        },
    ),
    "security": (
        "asyncio, email, http and logging of the standard library",
        lambda: {"code": ExampleFile("library.zip", _archive("asyncio", "email", "http", "logging"))},
    ),
    "compliance": ("four frameworks, 206 pieces of evidence", lambda: {"statement": _statement()}),
    "ir-playbook": (
        "a ransomware playbook, rehearsed 5,000 times",
        lambda: {"template": "ransomware", "rehearsals": 5_000},
    ),
    "metrics": (
        "20,000 incidents",
        lambda: {"incidents": ExampleFile("incidents.csv", _incidents(20_000))},
    ),
    "policy-generator": ("a policy of 40 kB to compare with", _policies),
    "risk-register": ("30 risks, 100,000 years", lambda: _risks(30)),
    "security-architecture": ("280 components", lambda: {"design": _design(280)}),
    "threat-modeling": ("150 processes", lambda: {"system": _system(150)}),
    "vulnerability-scanner": (
        "this project's pinned packages and 1,000 more",
        lambda: {"requirements": _pins()},
    ),
    "catalog": ("three public tables and a database, 22 MB", _catalogue),
    "dashboards": (
        "60 years of sea temperatures, 15 MB",
        lambda: {"data": ExampleFile("elnino.csv", _tiled("elnino.csv", 15))},
    ),
    "governance": ("400 datasets, 3,200 grants", _framework),
    "lineage": ("180 statements", lambda: {"source": ExampleFile("warehouse.sql", _sql())}),
    "pipelines": (
        "three steps over 15 MB",
        lambda: {
            "data": ExampleFile("elnino.csv", _tiled("elnino.csv", 15)),
            "pipeline": PIPELINE,
        },
    ),
    "privacy": ("20,000 people", lambda: {"data": ExampleFile("people.csv", _people())}),
    "quality": ("sea temperatures, 12 MB against 6 MB", _quality),
    "schema": (
        "a database of 30 tables and 300,000 rows",
        lambda: {"source": ExampleFile("large.db", _database())},
    ),
}
