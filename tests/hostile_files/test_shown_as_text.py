"""What comes from users is shown as text: no name, cell or finding becomes markup, script or a command."""

import csv
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import (
    Artefact,
    Column,
    Figure,
    Finding,
    Provenance,
    Table,
    ToolResult,
)
from studio_magics.contracts.runs import RunList
from studio_magics.display.results import result as draw_result
from studio_magics.display.runs import run_list
from studio_magics.display.saving import Saved, saved
from studio_magics.runners.context import KernelContext
from studio_magics.runners.files import read_file
from studio_magics.tools import catalog
from studio_magics.tools.intake.xml_text import check_xml
from tests.client.samples import a_run

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><iframe src='javascript:alert(1)'>",
    "</td></tr></table><a href=javascript:alert(1)>x</a>",
    "]]><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;",
    "</text><script>alert(1)</script>",
    "</title></style><base href=//evil.example>",
    "{{constructor.constructor('alert(1)')()}}",
    "[x](javascript:alert(1)) ![y](http://evil.example/p.png)",
    "`code` **bold** <details open ontoggle=alert(1)>",
    '=HYPERLINK("http://evil.example")',
    "%%{init: {'theme': 'base'}}%% click A href \"javascript:alert(1)\"",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07\x1b[2J",
    "\u202egnp.exe",
)
TAGS = frozenset(
    [
        "section",
        "div",
        "span",
        "strong",
        "ul",
        "ol",
        "li",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "figure",
        "figcaption",
        "img",
        "progress",
        "br",
        "p",
        "code",
        "pre",
        "em",
        "small",
        "details",
        "summary",
    ]
)
PAGE_TAGS = TAGS | frozenset(
    [
        "html",
        "head",
        "body",
        "main",
        "meta",
        "title",
        "style",
        "h1",
        "h2",
        "h3",
        "header",
        "footer",
        "svg",
        "g",
        "rect",
        "line",
        "path",
        "text",
        "tspan",
        "desc",
        "circle",
        "polyline",
        "polygon",
        "ellipse",
        "defs",
        "pattern",
        "marker",
    ]
)
RUNS = (
    "script",
    "iframe",
    "object",
    "embed",
    "base",
    "link",
    "form",
    "foreignobject",
    "a",
    "animate",
    "set",
    "use",
)


class Seen(HTMLParser):
    """Every tag and attribute of a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def assert_harmless(text: str, allowed: frozenset[str]) -> None:
    seen = Seen(text)
    assert not seen.tags & set(RUNS)
    assert seen.tags <= allowed, seen.tags - allowed
    for name, value in seen.attributes:
        assert not name.startswith("on"), name
        assert name not in {"srcdoc", "href", "xlink:href", "formaction", "action", "background"}, name
        if name == "src":
            assert value.startswith("data:image/svg+xml;base64,")
        if name == "style":
            assert "url(" not in value
            assert "expression" not in value


def assert_harmless_picture(svg: str) -> None:
    check_xml(svg.encode())
    for node in ET.fromstring(svg).iter():  # noqa: S314  - checked just before: it has no entity
        assert node.tag.rsplit("}", 1)[-1].lower() not in RUNS
        for name, value in node.attrib.items():
            assert not name.lower().startswith("on"), name
            assert "javascript:" not in value.lower() or name in {"aria-label", "title"}, (name, value)


def full_of(text: str) -> ToolResult:
    digest = "sha256:" + "0" * 64
    cells = ((text, 1), (text * 3, None))
    return ToolResult(
        headline=text,
        summary={text: text},
        findings=(Finding(code="x", severity="high", title=text, where=text, detail=text, action=text),),
        tables=(
            Table(
                title=text, columns=(Column(name=text, unit=text), Column(name="n")), rows=cells, note=text
            ),
        ),
        figures=(Figure(title=text, alt_text=text, svg=f"<svg>{text}</svg>"),),
        artefacts=(Artefact(name="a.txt", media_type=text, size_bytes=1, digest=digest, title=text),),
        not_checked=(text,),
        provenance=Provenance(tool_id="x", tool_version="1", libraries={text: text}),
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_result_full_of_hostile_text_is_drawn_as_text(text: str) -> None:
    drawn = draw_result(full_of(text), hint=text)
    assert_harmless(drawn.html, TAGS)
    plain = drawn.mimebundle()["text/plain"]
    assert all(sign.isprintable() or sign == "\n" for sign in plain)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_runs_and_saved_files_of_hostile_names_are_drawn_as_text(text: str) -> None:
    run = a_run("run_1", most=8).model_copy(update={"tool_title": text, "input_summary": text, "stage": text})
    for drawn in (run_list(RunList(runs=(run,), next_before=text)), saved(Saved(text, text, 5))):
        assert_harmless(drawn.html, TAGS)
        assert all(sign.isprintable() or sign == "\n" for sign in str(drawn))


@pytest.fixture(scope="module")
def hostile_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table whose names and cells are all hostile."""
    path = tmp_path_factory.mktemp("hostile") / "orders <img src=x onerror=alert(1)>.csv"
    names = [text for text in HOSTILE if text.isprintable()]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for number in range(40):
            writer.writerow([name if number % 3 else "" for name in names])
    return path


class Quiet:
    """Shows no progress."""

    def update(self, *_: object) -> None:
        """Do nothing."""


@pytest.mark.parametrize("tool_id", ["data-studio-quality", "data-studio-schema"])
def test_the_tools_draw_hostile_names_and_cells_as_text(tool_id: str, hostile_table: Path) -> None:
    tool = catalog.load(tool_id)
    file = read_file(hostile_table)
    field = "data" if tool_id.endswith("quality") else "source"
    context = KernelContext({file.record.digest: file.path}, Quiet())
    inputs = tool.input_model.model_validate({field: InputFile.model_validate(file.record)})
    found = tool.run(inputs, context)
    assert_harmless(draw_result(found).html, TAGS)
    for figure in found.figures:
        assert_harmless_picture(figure.svg)
        assert "javascript:" not in (figure.mermaid or "").split("click", 1)[0]
    for artefact in found.artefacts:
        content = context.artefact(artefact.name).decode()
        if artefact.name.endswith(".html"):
            assert_harmless(content, PAGE_TAGS)
        if artefact.name.endswith(".svg"):
            assert_harmless_picture(content)


def test_the_check_notices_what_it_is_for() -> None:
    for text in ("<script>x</script>", "<p onclick=x>", "<a href=x>", '<img src="http://x">'):
        with pytest.raises(AssertionError):
            assert_harmless(text, TAGS | {"a"})
    with pytest.raises(AssertionError):
        assert_harmless_picture('<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>')
