"""Planted faults, each found with its line; and sound code, of which nothing is said."""

import json
import re
import urllib.request
from pathlib import Path

import pytest

from tests.tools.dev.sarif_shape import assert_is_sarif

AWS = "AKIA" + "QWERTYUIOPASDFGH"
TOKEN = "ghp_" + "Ab1" * 12
PYTHON = [
    ("S602", "import subprocess\n\n\ndef f(x):\n    subprocess.run(x, shell=True)\n", 5, 78),
    ("S307", "def f(x):\n    return eval(x)\n", 2, 95),
    ("S102", "def f(x):\n    exec(x)\n", 2, 78),
    ("S301", "import pickle\n\n\ndef f(x):\n    return pickle.loads(x)\n", 5, 502),
    ("S506", "import yaml\n\n\ndef f(x):\n    return yaml.load(x, Loader=yaml.Loader)\n", 5, 502),
    ("S324", "import hashlib\n\nx = hashlib.md5(b'x')\n", 3, 327),
    ("S501", "import requests\n\nrequests.get('https://x.org', verify=False, timeout=1)\n", 3, 295),
    ("S113", "import requests\n\nrequests.get('https://x.org')\n", 3, 400),
    ("S608", "def f(db, n):\n    db.execute(\"select a from t where n = '%s'\" % n)\n", 2, 89),
    ("S105", "password = 'correcthorse9'\n", 1, 259),
    ("S201", "from flask import Flask\n\napp = Flask('a')\napp.run(debug=True)\n", 4, 94),
    ("S701", "import jinja2\n\nx = jinja2.Environment(autoescape=False)\n", 3, 79),
    ("S202", "import tarfile\n\n\ndef f(x):\n    tarfile.open(x).extractall()\n", 5, 22),
    ("S311", "import random\n\nx = random.random()\n", 3, 330),
]  # fmt: skip


@pytest.mark.parametrize("case", PYTHON, ids=lambda case: case[0])
def test_each_fault_of_python_is_found_in_its_line_with_its_cwe(scan, context, case):
    rule, text, line, cwe = case
    result = scan({"app.py": text})
    finding = next(one for one in result.findings if one.code == rule)
    assert finding.where == f"app.py:{line}"
    assert f"CWE-{cwe}." in finding.detail
    reported = next(
        one for one in assert_is_sarif(context.artefacts["findings.sarif"]) if one["ruleId"] == rule
    )
    assert reported["locations"][0]["physicalLocation"]["region"]["startLine"] == line


INJECTION = (
    "on: issues\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n"
)
FILES = [
    ("secret-shape", "deploy.sh", f"aws --key {AWS}\n", 1),
    ("secret-shape", "notes.md", f"\n\ntoken {TOKEN}\n", 3),
    ("secret-shape", "id.pem", "-----BEGIN RSA PRIVATE KEY-----\n", 1),
    ("secret-address", "app.ini", "url = postgresql://shop:Qx7-kk2_Lm@db.internal/shop\n", 1),
    ("secret-assigned", "web.js", "const apiKey = 'zX9kQ2mN7pR4tV8wB3cD6fG1';\n", 1),
    ("secret-assigned", ".env.production", "A=1\nSTRIPE_SECRET=zX9kQ2mN7pR4tV8wB3\n", 2),
    ("index-without-tls", "requirements.txt", "--index-url http://mirror.internal/simple\na==1\n", 1),
    ("index-trusted-blindly", "requirements.txt", "--trusted-host mirror.internal\na==1\n", 1),
    ("extra-index", "requirements.txt", "--extra-index-url https://mirror.internal/simple\na==1\n", 1),
    ("from-repository", "requirements.txt", "git+https://example.org/a.git@main\n", 1),
    ("from-address", "requirements.txt", "https://example.org/a.whl\n", 1),
    ("almost-known-name", "requirements.txt", "reqeusts==2.0\n", 1),
    ("not-pinned", "requirements.txt", "a==1\nflask\n", 2),
    ("not-pinned", "package.json", '{\n"dependencies": {\n"a": "*"}}\n', 3),
    ("install-script", "package.json", '{\n"scripts": {\n"postinstall": "x"}}\n', 3),
    ("image-runs-as-root", "Dockerfile", 'FROM python:3.12\nCMD ["x"]\n', 2),
    ("image-not-fixed", "Dockerfile", "FROM python\nUSER app\n", 1),
    ("download-piped", "Dockerfile", "FROM a:1\nRUN a && \\\n  curl https://x.org/i | bash\nUSER app\n", 2),
    ("secret-in-image", "Dockerfile", "FROM a:1\nENV DB_PASSWORD=abcd1234\nUSER app\n", 2),
    ("add-from-address", "Dockerfile", "FROM a:1\nADD https://x.org/a /a\nUSER app\n", 2),
    ("privileged", "compose.yml", "services:\n  a:\n    image: b\n    privileged: true\n", 4),
    ("docker-socket", "compose.yml", "services:\n  a:\n    volumes:\n      - /var/run/docker.sock:/x\n", 4),
    ("host-network", "compose.yml", "services:\n  a:\n    network_mode: host\n", 3),
    ("port-open-to-all", "compose.yml", "services:\n  a:\n    ports:\n      - '5432:5432'\n", 4),
    ("may-become-root", "pod.yaml", "kind: Pod\nspec:\n  containers:\n    - name: web\n      image: a\n", 4),
    ("open-to-the-world", "net.tf", 'x {\n  cidr_blocks = ["0.0.0.0/0"]\n}\n', 2),
    ("not-encrypted", "db.tf", "storage_encrypted = false\n", 1),
    ("public-storage", "s3.tf", 'acl = "public-read"\n', 1),
    ("debug-on", "shop/settings.py", "X = 1\nDEBUG = True\n", 2),
    ("any-host", "shop/settings.py", "ALLOWED_HOSTS = ['*']\n", 1),
    ("cookie-not-secure", "shop/settings.py", "SESSION_COOKIE_SECURE = False\n", 1),
    ("template-injection", "ci.yml", INJECTION, 6),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "name", "text", "line"), FILES, ids=[f"{one[0]} {n}" for n, one in enumerate(FILES)]
)
def test_each_fault_outside_of_python_is_found_in_its_line(scan, rule, name, text, line):
    findings = {one.code: one.where for one in scan({name: text}).findings}
    assert findings[rule] == f"{name}:{line}"


SOUND = {
    "app.py": "import subprocess\n\n\ndef f(names: list[str]) -> int:\n    return len(names)\n",
    "requirements.txt": "flask==3.1.0\n",
    "README.md": "password: see the vault\nuser:password@example.org\n",
    "Dockerfile": 'FROM python:3.12@sha256:0 AS base\nFROM base\nUSER app\nCMD ["x"]\n',
    "compose.yml": "services:\n  a:\n    image: b:1\n    ports: ['127.0.0.1:5432:5432']\n",
    "settings.py": "DEBUG = env('DEBUG')\n# DEBUG = True\n",
    "web.js": "const token = process.env.TOKEN;\nx.password = 'password';\n",
    "conf.ini": "password = ${DB_PASSWORD}\nurl = postgresql://scott:tiger@localhost/x\n",
}


def test_nothing_is_said_of_sound_files(scan):
    result = scan(SOUND)
    assert [(one.code, one.where) for one in result.findings] == []
    assert "nothing found by the rules that were run" in result.headline


def test_a_secret_is_repeated_in_no_part_of_the_result(scan, context):
    secrets = [AWS, TOKEN, "zX9kQ2mN7pR4tV8wB3cD6fG1", "correcthorse9battery"]
    result = scan({
        "a.py": f"KEY = '{AWS}'\ntoken = '{TOKEN}'\napi_key = '{secrets[2]}'\npassword = '{secrets[3]}'\n",
    })  # fmt: skip
    assert len(result.findings) >= 3
    written = result.model_dump_json() + "".join(text.decode() for text in context.artefacts.values())
    assert not [one for one in secrets if one in written]


def test_what_is_found_in_tests_counts_a_step_less_and_can_be_left_out(scan):
    text = "import subprocess\n\n\ndef f(x):\n    subprocess.run(x, shell=True)\n    assert x\n"
    levels = {
        one.where.split(":")[0]: one.severity
        for one in scan({"a.py": text, "tests/test_a.py": text}).findings
        if one.code == "S602"
    }
    assert levels == {"a.py": "high", "tests/test_a.py": "medium"}
    assert not scan({"tests/test_a.py": text}, include_tests=False).findings
    assert "S101" not in {one.code for one in scan({"tests/test_a.py": text}).findings}


def test_both_scanners_make_one_finding_that_is_surer(scan):
    text = "import subprocess\n\n\ndef f(x):\n    subprocess.run(x, shell=True)\n"
    fast, deep = (scan({"a.py": text}, depth=depth) for depth in ("fast", "deep"))
    one = [next(f for f in result.findings if f.code == "S602") for result in (fast, deep)]
    assert [f.count for f in one] == [1, 1]
    assert "Found by ruff, confidence medium" in one[0].detail
    assert "Found by ruff, bandit, confidence high" in one[1].detail
    assert any("Bandit was not run" in line for line in fast.not_checked)
    assert not any("Bandit was not run" in line for line in deep.not_checked)


def test_settings_among_the_code_cannot_switch_the_scanners_off(scan):
    text = "def f(x):\n    return eval(x)\n"
    files = {
        "a.py": text,
        "pyproject.toml": "[tool.ruff]\nexclude = ['a.py']\n[tool.bandit]\nskips = ['B307']\n",
        "ruff.toml": "exclude = ['a.py']\n",
        ".bandit": "[bandit]\nskips: B307\n",
        "bandit.yaml": "skips: [B307]\n",
    }
    finding = next(one for one in scan(files).findings if one.code == "S307")
    assert "ruff, bandit" in finding.detail


def test_code_is_read_and_never_run(scan, tmp_path):
    mark = tmp_path / "ran"
    line = f"open({str(mark)!r}, 'w')\n"
    scan(
        {
            "a.py": line,
            "conftest.py": line,
            "sitecustomize.py": line,
            "bandit.py": line,
            "ruff.py": line,
            "setup.py": line,
        },
        depth="deep",
    )
    assert not mark.exists()


def test_the_cell_of_a_notebook_is_named(scan):
    cells = [
        {
            "cell_type": "code",
            "metadata": {},
            "source": [text],
            "outputs": [],
            "execution_count": None,
            "id": f"c{n}",
        }
        for n, text in enumerate(("x = 1\n", "eval('x')\n"))
    ]
    notebook = {
        "cells": cells,
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    finding = next(
        one for one in scan({"a.ipynb": json.dumps(notebook)}, depth="fast").findings if one.code == "S307"
    )
    assert finding.where == "a.ipynb cell 2:1"


def test_broken_hashes_of_the_standard_library_are_found_where_they_stand(scan):
    """A real file: urllib's own digest authentication uses what servers still ask for."""
    path = Path(urllib.request.__file__)
    lines = [
        n
        for n, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"hashlib\.(md5|sha1)\(", line)
    ]
    result = scan({"request.py": path.read_bytes()}, depth="fast")
    finding = next(one for one in result.findings if one.code == "S324")
    assert finding.count == len(lines) >= 2
    assert all(f"request.py:{line}" in finding.detail for line in lines)
