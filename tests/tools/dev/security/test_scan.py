"""What is read, what is not, and what is refused."""

import io
import json
import tarfile
import zipfile

import jsonschema
import pytest

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.security import TOOL
from studio_magics.tools.dev.security.inputs import SecurityInput
from tests.tools.dev.folder_context import assert_forecast_is_near
from tests.tools.dev.sarif_shape import LOG, assert_is_sarif

EVAL = "def f(x):\n    return eval(x)\n"


def archive(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return stream.getvalue()


def test_an_archive_is_scanned_with_its_hidden_files(context):
    workflow = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v4\n"
    packed = archive(
        {
            "shop/a.py": EVAL,
            "shop/.github/workflows/ci.yml": workflow,
            "shop/.env": "A_TOKEN=zX9kQ2mN7pR4tV8wB3\n",
        }
    )
    result = TOOL.run(SecurityInput(code=context.keep("shop.zip", packed)), context)
    assert {"S307", "unpinned-uses", "secret-assigned"} <= {one.code for one in result.findings}
    assert result.summary["files"]["workflows"] == 1


def test_an_archive_that_climbs_out_is_refused(context):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as packed:
        entry = tarfile.TarInfo("../../evil.py")
        packed.addfile(entry, io.BytesIO(b""))
    with pytest.raises(InputRejected) as refusal:
        TOOL.run(SecurityInput(code=context.keep("a.tar.gz", stream.getvalue())), context)
    assert refusal.value.field == "code"
    assert context.artefacts == {}


def test_an_archive_that_grows_too_much_is_refused(context):
    with pytest.raises(InputRejected):
        TOOL.run(SecurityInput(code=context.keep("a.zip", archive({"a.py": "0" * 80_000_000}))), context)


def test_what_is_no_archive_is_refused(context):
    with pytest.raises(InputRejected):
        TOOL.run(SecurityInput(code=context.keep("a.zip", b"no archive")), context)


def test_files_that_nobody_can_scan_are_refused_with_their_endings(scan):
    with pytest.raises(InputRejected) as refusal:
        scan({"a.png": b"\x89PNG", "b.mp3": b"x"})
    assert refusal.value.found == "2 files, none that can be scanned; endings: .mp3, .png"


def test_what_was_not_read_is_listed_and_never_dropped(scan):
    result = scan(
        {
            "a.py": "x = 1\n",
            "broken.py": "def (:\n",
            "big.py": "#" * 1_100_000,
            "lib.min.js": "x" * 9_000 + "\n",
            "node_modules/a/index.js": "x\n",
            "photo.png": b"\x89PNG",
            "latin.py": b"x = '\xe9'\n",
            "odd.ipynb": "{}",
        }
    )
    said = "\n".join(result.not_checked)
    for name in (
        "broken.py",
        "big.py",
        "lib.min.js",
        "node_modules/a/index.js",
        "photo.png",
        "latin.py",
        "odd.ipynb",
    ):
        assert name in said


def test_a_point_of_the_checklist_that_nothing_was_read_for_is_not_clear(scan):
    states = scan({"a.py": "x = 1\n"}).summary["checklist"]
    assert states["No command goes through a shell"] == "clear"
    assert states["Containers run with few rights"] == "not looked at"
    assert states["Workflows are pinned and give few rights"] == "not looked at"


def test_the_checklist_names_the_place_of_its_evidence(scan):
    result = scan({"a.py": EVAL})
    row = next(row for row in result.tables[0].rows if row[0] == "No text of others runs as code")
    assert row == ("No text of others runs as code", "look", "1 finding, first a.py:2 (S307)")


def test_findings_are_ranked_by_severity_and_then_tests_come_last(scan):
    text = f"{EVAL}\nimport subprocess\n\n\ndef g(x):\n    subprocess.run(x, shell=True)\n"
    result = scan({"a.py": text, "b.sh": "key AKIA" + "QWERTYUIOPASDFGH\n", "tests/test_a.py": text})
    order = ["critical", "high", "medium", "low", "info"]
    levels = [order.index(one.severity) for one in result.findings]
    assert levels == sorted(levels)
    medium = [one for one in result.findings if one.severity == "medium"]
    assert [one.where.startswith("tests/") for one in medium] == sorted(
        one.where.startswith("tests/") for one in medium
    )


def test_rules_can_be_ignored_and_a_least_severity_asked_for(scan):
    files = {"a.py": f"{EVAL}import random\n\nx = random.random()\n"}
    assert {one.code for one in scan(files, ignore="S307").findings} == {"S311"}
    assert {one.code for one in scan(files, least_severity="medium").findings} == {"S307"}


def test_the_sarif_check_itself_finds_a_broken_log(scan, context):
    scan({"a.py": EVAL})
    log = json.loads(context.artefacts["findings.sarif"])
    assert len(assert_is_sarif(context.artefacts["findings.sarif"])) == 1
    for spoil in (
        lambda run: run["results"][0].pop("message"), lambda run: run["results"][0].update(level="bad"),
        lambda run: run["tool"].pop("driver"), lambda run: run["results"][0].update(line=3),
    ):  # fmt: skip
        broken = json.loads(json.dumps(log))
        spoil(broken["runs"][0])
        assert not jsonschema.Draft202012Validator(LOG).is_valid(broken)


HOSTILE = "<script>alert(1)</script>.py"


def test_names_of_files_become_no_markup(scan, context):
    result = scan({HOSTILE: EVAL})
    page = context.artefacts["security-report.html"].decode()
    assert "<script" not in page + "".join(figure.svg for figure in result.figures)
    assert "&lt;script&gt;" in page


def test_the_picture_shows_the_worst_file_first(scan):
    result = scan(
        {"mild.py": EVAL, "worse.py": "import subprocess\n\n\ndef f(x):\n    subprocess.run(x, shell=True)\n"}
    )
    assert result.figures[0].alt_text.index("worse.py") < result.figures[0].alt_text.index("mild.py")


def test_the_same_code_gives_the_same_result(scan, context):
    files = {"a.py": EVAL, "b.py": EVAL, "Dockerfile": "FROM a\n"}
    first, written = scan(files), dict(context.artefacts)
    assert scan(files) == first
    assert context.artefacts == written


@pytest.mark.measures_time
@pytest.mark.parametrize("count", [1, 40])
def test_the_forecast_is_near_what_a_metered_run_uses(context, count):
    text = "".join(f"def f{n}(x):\n    return len(x) + {n}\n\n\n" for n in range(150)).encode()
    folder = context.keep_folder("code", {f"a{n}.py": text + b"# %d\n" % n for n in range(count)})
    assert_forecast_is_near("studio_magics.tools.dev.security", SecurityInput(code=folder), context)


def test_the_tool_runs_on_a_server_only():
    assert TOOL.places == {"server"}
