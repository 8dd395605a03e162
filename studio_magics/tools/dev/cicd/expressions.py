"""Expressions '${{ … }}' of a workflow: names they use that nothing defines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.documents import as_list, as_map

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.dev.cicd.existing import Workflow

EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
PATH = re.compile(r"(?<![\w.'-])([A-Za-z_][\w-]*)((?:\.[A-Za-z_*][\w-]*)+)(\s*\|\|)?")
"""Context, names below it, and whether something else stands in where it is empty."""
QUOTED = re.compile(r"'(?:[^']|'')*'")
CONTEXTS = frozenset(
    {
        "github",
        "env",
        "vars",
        "job",
        "jobs",
        "steps",
        "runner",
        "secrets",
        "strategy",
        "matrix",
        "needs",
        "inputs",
    }
)
FUNCTIONS = frozenset(
    {"contains", "startswith", "endswith", "format", "join", "tojson", "fromjson", "hashfiles", "success",
     "always", "cancelled", "failure", "case"}
)  # fmt: skip
CALL = re.compile(r"\b([A-Za-z]\w*)\s*\(")


def unknown_names(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Job, and what its expressions use without it being defined."""
    for name, job in workflow.jobs.items():
        needs = set(workflow.needs()[name])
        matrix = _matrix_keys(job)
        seen_steps: set[str] = set()
        for step in as_list(job.get("steps")):
            yield from ((name, said) for said in _unknown(step, needs, matrix, seen_steps))
            identifier = as_map(step).get("id")
            if isinstance(identifier, str):
                seen_steps.add(identifier)
        rest = {key: value for key, value in job.items() if key not in {"steps", "outputs"}}
        yield from ((name, said) for said in _unknown(rest, needs, matrix, None))


def _unknown(value: Any, needs: set[str], matrix: set[str] | None, steps: set[str] | None) -> Iterator[str]:
    for expression in expressions_of(value):
        plain = QUOTED.sub("''", expression)
        for function in CALL.findall(plain):
            if function.lower() not in FUNCTIONS:
                yield f"the function '{function}'"
        for context, rest, otherwise in PATH.findall(plain):
            first = rest.split(".")[1]
            if context not in CONTEXTS:
                yield f"the context '{context}'"
            elif context == "needs" and first not in needs and first != "*":
                yield f"needs.{first}, but the job does not need '{first}'"
            elif context == "matrix" and matrix is not None and first not in matrix and not otherwise:
                yield f"matrix.{first}, but the matrix has no '{first}'"
            elif context == "steps" and steps is not None and first not in steps and first != "*":
                yield f"steps.{first}, but no earlier step has the id '{first}'"


def expressions_of(value: Any) -> Iterator[str]:
    """Every expression below, also a bare 'if'."""
    if isinstance(value, str):
        yield from EXPRESSION.findall(value)
    elif isinstance(value, dict):
        for key, inner in as_map(value).items():
            if key == "if" and isinstance(inner, str) and "${{" not in inner:
                yield inner
            else:
                yield from expressions_of(inner)
    else:
        for inner in as_list(value):
            yield from expressions_of(inner)


def _matrix_keys(job: dict[str, Any]) -> set[str] | None:
    """The keys of the matrix; None where they are computed."""
    matrix = as_map(job.get("strategy")).get("matrix")
    if isinstance(matrix, str):
        return None
    found: set[str] = set()
    for key, value in as_map(matrix).items():
        if key in {"include", "exclude"}:
            if isinstance(value, str):
                return None
            found |= {inner for one in as_list(value) for inner in as_map(one)}
        else:
            found.add(key)
    return found
