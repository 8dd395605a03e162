"""Under which licences the tool's libraries are, from their own metadata.

A statement of metadata, not legal advice: it tells what a person should look at.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import (
    Distribution,
    PackageNotFoundError,
    distribution,
    packages_distributions,
)
from pathlib import Path

from studio_server.toolcheck.report import Check, failed, noted, passed
from studio_server.toolcheck.subject import Subject

MOST_DISTRIBUTIONS = 400
OUR_OWN = "studio-magics"
STRONG = re.compile(
    r"(?<![a-z])(a?gpl|affero|general public|sspl|eupl|osl-|cc-by-sa|cc-by-nc|busl|commons clause)"
)
WEAK = re.compile(r"(?<![a-z])(lgpl|lesser general|library general|mpl|mozilla|epl-|eclipse|cddl)")
FREE = re.compile(
    r"(?<![a-z])(mit|bsd|apache|isc|psf|python software|unlicense|zlib|hpnd|historical permission|0bsd"
    r"|public domain|cc0|boost|bsl-1|zope|wtfpl|blueoak|ncsa|postgresql|x11|cnri|python-2)"
)


@dataclass(frozen=True)
class Licensed:
    """One library and what its metadata says."""

    name: str
    licence: str
    kind: str
    """free, weak, strong or unknown."""


def check(subject: Subject, accepted: frozenset[str]) -> Check:
    """Every library the tool needs, with all that those need; `accepted` ones were judged by a person."""
    found = [_licensed(one) for one in _needed(subject)]
    open_ones = [one for one in found if _key(one.name) not in {_key(name) for name in accepted}]
    bad = [one for one in open_ones if one.kind in ("strong", "unknown")]
    weak = [one for one in open_ones if one.kind == "weak"]
    if bad:
        return failed("licences", _listed(bad), "replace it, or ask a person and --accept-licence NAME")
    if weak:
        return noted("licences", _listed(weak), "free to use unchanged; changes to it must be published")
    return passed("licences", f"{len(found)} libraries, all under permissive licences")


def kind_of(licence: str) -> str:
    """What the words of a licence amount to; where there is a choice, the freest counts."""
    choices = re.split(r"\s+or\s+|\s*\|\s*", licence.lower())
    kinds = [_kind_of_one(choice) for choice in choices]
    return next((kind for kind in ("free", "weak", "strong") if kind in kinds), "unknown")


def _kind_of_one(licence: str) -> str:
    if WEAK.search(licence) and not STRONG.search(WEAK.sub(" ", licence)):
        return "weak"
    if STRONG.search(licence):
        return "strong"
    return "free" if FREE.search(licence) else "unknown"


def _listed(found: Iterable[Licensed]) -> str:
    return ", ".join(f"{one.name} ({one.licence or 'says nothing'})" for one in found)


def _licensed(one: Distribution) -> Licensed:
    said = licence_of(one)
    return Licensed(one.metadata["Name"], said, kind_of(said))


def licence_of(one: Distribution) -> str:
    """The licence that the metadata names: the expression, the classifiers, or a short text."""
    expression = next(iter(one.metadata.get_all("License-Expression") or ()), "")
    if expression:
        return expression
    classifiers = [
        line.rpartition("::")[2].strip()
        for line in one.metadata.get_all("Classifier") or ()
        if line.startswith("License ::") and line.count("::") > 1
    ]
    text = next(iter(one.metadata.get_all("License") or ()), "").strip().splitlines()
    return " or ".join(classifiers) or (text[0] if text else "")


def _needed(subject: Subject) -> list[Distribution]:
    """Every distribution the tool stands on, by name."""
    found: dict[str, Distribution] = {}
    waiting = [*_named(subject)]
    while waiting and len(found) < MOST_DISTRIBUTIONS:
        name = waiting.pop()
        if _key(name) in found or _key(name) == OUR_OWN:
            continue
        try:
            found[_key(name)] = distribution(name)
        except PackageNotFoundError:  # optional, or for another platform: not used here
            continue
        waiting.extend(_required(found[_key(name)]))
    return [found[name] for name in sorted(found)]


def _named(subject: Subject) -> Iterator[str]:
    """What the tool's record names, and what its own modules import."""
    yield from subject.tool.libraries
    known = _providers(tuple(sys.path))
    for name in sorted(_imported(subject) - sys.stdlib_module_names):
        yield from known.get(name, ())


@cache
def _providers(path: tuple[str, ...]) -> Mapping[str, list[str]]:
    """Package → distributions, of everything on this path; looking takes a second."""
    del path
    return packages_distributions()


def _imported(subject: Subject) -> set[str]:
    found: set[str] = set()
    for path in _sources(subject):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


def _sources(subject: Subject) -> Iterator[Path]:
    file = subject.module.__file__
    if file is None:
        return
    path = Path(file)
    yield from sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else (path,)


def _required(one: Distribution) -> Iterator[str]:
    """Requirements of a distribution, without extras; what is not installed does not count."""
    for line in one.requires or ():
        if "extra ==" not in line.replace("extra==", "extra =="):
            yield re.split(r"[\s\[<>=!~;(]", line, maxsplit=1)[0]


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
