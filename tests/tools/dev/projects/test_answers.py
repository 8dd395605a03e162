"""Answers, refusals, completion of a folder, and making again."""

import json
import tomllib

import pytest
import yaml
from pydantic import ValidationError

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.projects import TOOL
from studio_magics.tools.dev.projects.checking import PackBroken, check_project
from studio_magics.tools.dev.projects.inputs import ProjectInput
from tests.tools.dev.folder_context import assert_forecast_is_near

EXAMPLE = TOOL.example.split("\n", 1)[1]


def test_the_example_is_what_it_asks_for(unpacked):
    root = unpacked(EXAMPLE)
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["name"] == "shop-notes"
    assert project["requires-python"] == ">=3.12"
    assert project["authors"] == [{"name": "Ada Lovelace"}]
    assert "sqlite3" in (root / "src" / "shop_notes" / "notes.py").read_text()
    assert "USER app" in (root / "Dockerfile").read_text()
    assert "Copyright (c) 2026 Ada Lovelace" in (root / "LICENSE").read_text()
    workflow = (root / ".github" / "workflows" / "check.yml").read_text()
    assert workflow.count("@08c6903cd8c0fde910a37f88322edcfb5dd907a8") == 1
    assert "'3.11'" not in workflow


def test_what_is_not_asked_for_is_not_there(unpacked):
    root = unpacked({"name": "plain", "stack": "library", "licence": "none", "ci": "none"})
    names = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert not names & {"LICENSE", "Dockerfile", ".github/workflows/check.yml"}
    assert names >= {"pyproject.toml", "README.md", ".gitignore", "project.json", "src/plain/py.typed"}


HOSTILE = 'It\'s "odd" \\ `x` <script> \'\'\' """ {{ 7*7 }} {% raw %} #'


@pytest.mark.parametrize("stack", ["library", "cli", "api", "ml-service", "dashboard"])
def test_texts_of_the_user_stay_texts_wherever_they_stand(unpacked, stack):
    root = unpacked({"name": "odd-one", "stack": stack, "description": HOSTILE, "author": HOSTILE})
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert (project["description"], project["authors"][0]["name"]) == (HOSTILE, HOSTILE)
    assert "<script>" not in (root / "README.md").read_text().replace("\\<script\\>", "")
    assert "49" not in (root / "README.md").read_text()


def test_the_same_answers_make_the_same_archive_here_and_on_the_server(make, context):
    first = make(EXAMPLE)
    files = dict(context.artefacts)
    context.place = "server"
    assert make(EXAMPLE) == first
    assert context.artefacts == files


def test_python_objects_make_the_same_as_the_text(make, context):
    make(EXAMPLE)
    first = dict(context.artefacts)
    make(yaml.safe_load(EXAMPLE))
    assert context.artefacts == first


def test_project_json_makes_the_same_project_again_in_another_year(make, context):
    make(EXAMPLE)
    first = dict(context.artefacts)
    kept = context.keep("project.json", first["project.json"])
    context.now = context.now.replace(year=2031)
    TOOL.run(ProjectInput(answers=kept), context)
    assert context.artefacts == first


def test_a_folder_is_completed_and_nothing_in_it_is_changed(unpacked, context, tmp_path):
    folder = context.keep_folder("mine", {"README.md": b"mine\n", "src/plain/slugs.py": b"x = 1\n"})
    root = unpacked({"name": "plain", "stack": "library"}, existing=folder, merge=True)
    names = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert not names & {"README.md", "src/plain/slugs.py"}
    assert "tests/test_slugs.py" in names


def test_what_differs_in_a_folder_is_told(make, context):
    folder = context.keep_folder("mine", {"README.md": b"mine\n"})
    result = make({"name": "plain", "stack": "library"}, existing=folder, merge=True)
    assert [(one.code, one.where) for one in result.findings] == [("file-differs", "README.md")]
    states = {row[0]: row[2] for row in result.tables[0].rows}
    assert (states["README.md"], states["pyproject.toml"]) == ("yours stays", "new")


def test_a_folder_that_is_not_empty_is_refused_without_merge(make, context):
    folder = context.keep_folder("mine", {"README.md": b"mine\n"})
    with pytest.raises(InputRejected) as refusal:
        make({"name": "plain", "stack": "library"}, existing=folder)
    assert (refusal.value.field, refusal.value.found) == ("existing", "a folder with 1 file")


WRONG = [
    ({"name": "Shop", "stack": "cli"}, "name: 'Shop'"),
    ({"name": "json", "stack": "cli"}, "'json', which is a module of Python itself"),
    ({"name": "class", "stack": "cli"}, "the package 'class'"),
    ({"name": "numpy", "stack": "cli"}, "'numpy', which is taken"),
    ({"name": "a/../b", "stack": "cli"}, "name: 'a/../b'"),
    ({"name": "shop", "stack": "spaceship"}, "stack: 'spaceship'"),
    ({"name": "shop", "stack": "cli", "database": "sqlite"}, "a database for the stack cli"),
    ({"name": "shop", "stack": "library", "container": True}, "a container for a library"),
    ({"name": "shop", "stack": "cli", "python": "2.7"}, "python: '2.7'"),
    ({"name": "shop", "stack": "cli", "licence": "GPL"}, "licence: 'GPL'"),
    ({"name": "shop", "stack": "cli", "package": "os"}, "'os', which is a module of Python itself"),
    ({"name": "shop", "stack": "cli", "framework": "two"}, "the key 'framework' is not known here"),
    ({"name": "shop", "stack": "cli", "description": "a\u202eb"}, "signs that cannot be printed"),
    ({"stack": "cli"}, "no 'name'"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "found"), WRONG, ids=[one[1][:36] for one in WRONG])
def test_wrong_answers_are_refused_before_anything_is_made(make, context, wrong, found):
    with pytest.raises(InputRejected) as refusal:
        make(wrong)
    assert found in refusal.value.found
    assert context.artefacts == {}


def test_both_sources_or_none_are_refused():
    with pytest.raises(ValidationError, match="either 'project'"):
        ProjectInput()


@pytest.mark.parametrize(
    "content",
    [b"{}", b"[]", b'{"answers": {"name": "shop"}}', b'{"answers": {"name": "os", "stack": "cli"}}'],
)
def test_a_wrong_project_json_is_refused(context, content):
    with pytest.raises(InputRejected) as refusal:
        TOOL.run(ProjectInput(answers=context.keep("project.json", content)), context)
    assert refusal.value.field == "answers"


SPOILED = [
    ("every file can be read", "src/shop/slugs.py", "def (:\n"),
    ("every file can be read", "pyproject.toml", "[project\n"),
    ("everything imported is declared", "src/shop/slugs.py", "import requests\n"),
    ("ruff check finds nothing", "src/shop/slugs.py", "import os\n"),
    ("ruff format changes nothing", "src/shop/slugs.py", "x=1\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "name", "text"), SPOILED, ids=[f"{one[0]} {n}" for n, one in enumerate(SPOILED)]
)
def test_a_broken_pack_is_never_handed_out(unpacked, check, name, text):
    root = unpacked({"name": "shop", "stack": "library"})
    files = {
        path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()
    }
    from studio_magics.tools.dev.projects.answers import Project

    project = Project("shop", "library", "x", package="shop")
    assert all(one.passed for one in check_project(files, project))
    with pytest.raises(PackBroken) as broken:
        check_project({**files, name: text}, project)
    assert broken.value.check.name == check


def test_the_map_shows_modules_and_what_they_import(make):
    figure = make(EXAMPLE).figures[0]
    assert "app.py uses notes.py" in figure.alt_text
    assert "test_app.py uses app.py" in figure.alt_text
    assert ">starlette</text>" in figure.svg


def test_the_answers_are_kept_with_the_version_of_the_packs(make, context):
    make(EXAMPLE)
    kept = json.loads(context.artefacts["project.json"])
    assert kept["made_by"]["tool"] == "dev-studio-projects"
    assert kept["answers"]["database"] == "sqlite"


@pytest.mark.measures_time
def test_the_forecast_is_near_what_a_metered_run_uses(context):
    assert_forecast_is_near("studio_magics.tools.dev.projects", ProjectInput(project=EXAMPLE), context)
