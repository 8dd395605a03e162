"""The answers a project is made from, checked: names that work, and choices that fit together."""

from __future__ import annotations

import json
import keyword
import re
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.documents import Part, as_map, load_document

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.base import RunContext

STACKS = ("library", "cli", "api", "ml-service", "dashboard")
SERVICES = frozenset({"api", "ml-service", "dashboard"})
PYTHONS = ("3.11", "3.12", "3.13")
LICENCES = ("MIT", "0BSD", "none")
KEYS = (
    "name",
    "stack",
    "description",
    "author",
    "licence",
    "python",
    "package_manager",
    "database",
    "container",
    "ci",
    "package",
    "year",
)
NAME = r"[a-z][a-z0-9]*([-_][a-z0-9]+)*"
TAKEN = frozenset({"test", "tests", "src", "build", "dist", "docs", "data", "main"})
LIBRARIES = frozenset(
    {"numpy", "starlette", "uvicorn", "httpx", "pytest", "ruff", "hatchling", "pip", "setuptools"}
)
MAX_FILE_BYTES = 100_000


@dataclass(frozen=True)
class Project:
    """All answers."""

    name: str
    stack: str
    description: str
    author: str = ""
    licence: str = "MIT"
    python: str = "3.11"
    package_manager: str = "pip"
    database: str = "none"
    container: bool = False
    ci: str = "github"
    package: str = ""
    year: int = 0

    @property
    def title(self) -> str:
        """'shop-api' → 'Shop api'."""
        words = self.name.replace("_", " ").replace("-", " ")
        return words[:1].upper() + words[1:]

    def kept(self) -> dict[str, Any]:
        """What project.json holds."""
        return asdict(self)


def read_answers(part: Part, year: int) -> Project:
    """The answers.

    Raises:
        InputRejected: A name is taken or cannot be imported; choices contradict each other.
    """
    top = part.entries(KEYS, needed=("name", "stack"))
    name = top["name"].word(
        NAME, "lower-case letters, digits, - and _, beginning with a letter, such as shop-api"
    )
    stack = top["stack"].choice(STACKS)
    package = _package(top, name)
    made = Project(
        name=name,
        stack=stack,
        description=_line(top, "description", f"{name}: made from the {stack} pack", 200),
        author=_line(top, "author", "", 100),
        licence=top["licence"].choice(LICENCES) if "licence" in top else "MIT",
        python=top["python"].choice(PYTHONS) if "python" in top else "3.11",
        package_manager=top["package_manager"].choice(("pip", "uv")) if "package_manager" in top else "pip",
        database=top["database"].choice(("none", "sqlite")) if "database" in top else "none",
        container=top["container"].flag() if "container" in top else False,
        ci=top["ci"].choice(("github", "none")) if "ci" in top else "github",
        package=package,
        year=top["year"].integer(1970, 9999) if "year" in top and top["year"].value else year,
    )
    _refuse_contradictions(top, made)
    return made


def _line(top: dict[str, Part], key: str, usual: str, most: int) -> str:
    """One printable line of text."""
    if key not in top:
        return usual
    text = " ".join(top[key].text(most=most, empty=True).split())
    if not text.isprintable():
        top[key].refuse("signs that cannot be printed", "one line of text")
    return text or usual


def _package(top: dict[str, Part], name: str) -> str:
    """The name to import it by; refused where another package would be hidden."""
    where = top.get("package", top["name"])
    package = where.text() if "package" in top and top["package"].value else name.replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", package) or keyword.iskeyword(package) or len(package) > 60:  # noqa: PLR2004  - stays readable
        where.refuse(f"the package '{package[:60]}'", "a name that Python can import, at most 60 signs")
    if package in sys.stdlib_module_names:
        where.refuse(
            f"'{package}', which is a module of Python itself", "another name", f"for example {package}_app"
        )
    if package in LIBRARIES or package in TAKEN:
        where.refuse(
            f"'{package}', which is taken by a library or a folder",
            "another name",
            f"for example {package}_app",
        )
    return package


def _refuse_contradictions(top: dict[str, Part], made: Project) -> None:
    if made.database != "none" and made.stack != "api":
        top["database"].refuse(f"a database for the stack {made.stack}", "stack: api")
    if made.container and made.stack == "library":
        top["container"].refuse("a container for a library, which runs nothing", "container: false")


def read_kept(file: InputFile, context: RunContext) -> Part:
    """The answers in a project.json.

    Raises:
        InputRejected: It is none.
    """
    if file.size_bytes > MAX_FILE_BYTES:
        raise InputRejected(
            "answers", found=f"{file.size_bytes:,} bytes", allowed=f"at most {MAX_FILE_BYTES:,}"
        )
    value = as_map(load_document(context.path(file).read_bytes(), file.name, "answers"))
    if "answers" not in value:
        raise InputRejected("answers", found="no 'answers'", allowed="a project.json of the Project Builder")
    return Part(value["answers"], "answers")


def kept_text(project: Project, version: str, packs_date: str) -> str:
    """project.json: the answers, and which packs they were given to."""
    made_by = {"tool": "dev-studio-projects", "version": version, "packs": packs_date}
    return json.dumps({"made_by": made_by, "answers": project.kept()}, indent=2, ensure_ascii=False) + "\n"
