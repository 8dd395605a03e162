"""The picture of the project: its modules and what they import, its tests, and the files around them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.dev.projects.checking import imported
from studio_magics.tools.pictures.linked_boxes import Link, Node, linked_boxes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.dev.projects.answers import Project
    from studio_magics.tools.pictures import Tone

MAX_AROUND = 14
LEGEND: tuple[tuple[str, Tone], ...] = (
    ("module", "plain"), ("tests", "good"), ("library", "second"), ("files around", "quiet"),
)  # fmt: skip


def module_map(files: Mapping[str, str], project: Project) -> Figure:
    """Modules, tests and libraries, with an arrow from what imports to what is imported."""
    modules = {
        name: text
        for name, text in files.items()
        if name.endswith(".py") and not name.endswith("__init__.py")
    }
    libraries = sorted({one for text in modules.values() for one in imported(text)} & _outside(files))
    nodes = [_node(name, project) for name in modules]
    nodes += [Node(f"library {one}", one, (), "second") for one in libraries]
    links = [
        Link(name, target, told=f"{PurePosixPath(name).name} uses {target.rsplit('/', 1)[-1]}")
        for name, text in modules.items()
        for target in _targets(name, text, modules, libraries, project)
    ]
    around = sorted(name for name in files if name not in modules and not name.startswith("src/"))
    left = len(around) - MAX_AROUND
    nodes.append(
        Node("around", "around it", tuple(around[:MAX_AROUND]), "quiet", f"{left} more" if left > 0 else "")
    )
    title = f"Modules of {project.name}"
    told = "; ".join(link.told for link in links)
    svg = linked_boxes(title, nodes, links, legend=LEGEND, description=told)
    return Figure(title=title, alt_text=f"{title}. {told}. Around it: {', '.join(around)}.", svg=svg)


def _outside(files: Mapping[str, str]) -> set[str]:
    from studio_magics.tools.dev.projects.checking import declared

    return declared(files)[1] - {"ruff"}


def _node(name: str, project: Project) -> Node:
    is_test = name.startswith("tests/")
    short = name if is_test else name.removeprefix(f"src/{project.package}/")
    return Node(name, short, (), "good" if is_test else "plain")


def _targets(
    name: str, text: str, modules: Mapping[str, str], libraries: list[str], project: Project
) -> list[str]:
    found = [f"library {one}" for one in libraries if one in imported(text)]
    for other in modules:
        module = other.removeprefix(f"src/{project.package}/").removesuffix(".py")
        if other != name and f"from {project.package}.{module} import" in text:
            found.append(other)
    return found
