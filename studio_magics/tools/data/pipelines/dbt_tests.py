"""The tests of a pipeline for dbt: of columns where dbt has a word for them, others as queries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.tools.data.pipelines.running import checks_of

if TYPE_CHECKING:
    from studio_magics.tools.data.pipelines.inputs import Scalar, TestsWish
    from studio_magics.tools.data.pipelines.plan import Plan, Step

SOURCE = "raw"
MARK = "studio_reference_"
OPENS = re.compile(r"\{[{%#]")
UNSAFE = re.compile(r"[\"'{}\\\\]")
"""What dbt would not put into its SQL as it is."""


def plain(text: str) -> str:
    """The text so that dbt finds no template in it."""
    return OPENS.sub(lambda hit: f"{{{{ '{hit[0]}' }}}}", text)


@dataclass(frozen=True)
class Places:
    """Which tables of the plan are models of the project; the others are sources."""

    plan: Plan
    models: frozenset[str]

    def known(self, name: str) -> str | None:
        """The step or source that is meant, whatever the case it is written in."""
        names = (*(one.name for one in self.plan.steps), *self.plan.sources)
        return next((one for one in names if one.casefold() == name.casefold()), None)

    def mark(self, name: str) -> str:
        """A word that stands for the table until `referring`."""
        return f"{MARK}{self.known(name) or name}"

    def target(self, name: str) -> str:
        """'ref('x')' or 'source('raw', 'x')'."""
        return f"ref('{name}')" if name in self.models else f"source('{SOURCE}', '{name}')"

    def referring(self, sql: str) -> str:
        """The SQL with references in place of marks, and nothing else that dbt would take for a template."""
        return re.sub(rf"{MARK}(\w+)", lambda hit: f"{{{{ {self.target(hit[1])} }}}}", plain(sql))


def column_tests(step: Step, places: Places) -> dict[str, list[Any]]:
    """Column to the tests dbt has a word for."""
    tests, columns = _told(step.wish.tests, places), dict[str, list[Any]]()
    for name in tests.not_null:
        columns.setdefault(name, []).append("not_null")
    for name in tests.unique:
        columns.setdefault(name, []).append("unique")
    for name, values in tests.accepted.items():
        texts = all(isinstance(value, str) for value in values)
        arguments = {"values": list(values), **({} if texts else {"quote": False})}
        columns.setdefault(name, []).append({"accepted_values": {"arguments": arguments}})
    for name, target in tests.references.items():
        other, _, key = target.rpartition(".")
        to = {"to": places.target(places.known(other) or other), "field": f'"{key}"'}
        columns.setdefault(name, []).append({"relationships": {"arguments": to}})
    return columns


def single_tests(step: Step, places: Places) -> dict[str, str]:
    """The name of a test and a query that gives a row where it is broken, where dbt has no word for it."""
    found: dict[str, str] = {}
    for number, check in enumerate(checks_of(step.name, _untold(step.wish.tests, places), places.mark), 1):
        told = plain(" ".join(check.title.split())).replace("#}", "# }")
        query = places.referring(check.sql)
        found[f"{step.name}_{number}"] = (
            "{{ config(fail_calc='coalesce(max(broken), 0)') }}\n"
            f"-- {told}\n"
            f"SELECT broken FROM (SELECT (\n{query}\n) AS broken) WHERE broken > 0\n"
        )
    return found


def _told(tests: TestsWish, places: Places) -> TestsWish:
    """The part of the tests that dbt has words for, with names and values it can write."""
    return tests.model_copy(
        update={
            "not_null": tuple(one for one in tests.not_null if _is_safe(one)),
            "unique": tuple(one for one in tests.unique if _is_safe(one)),
            "accepted": {
                name: values
                for name, values in tests.accepted.items()
                if _is_safe(name) and _are_alike(values)
            },
            "references": {
                name: target
                for name, target in tests.references.items()
                if _is_safe(name) and _is_safe(target) and places.known(target.rpartition(".")[0])
            },
            "key": (),
            "expressions": (),
        }
    )


def _untold(tests: TestsWish, places: Places) -> TestsWish:
    """All the rest of them; a reference to a table that is not there would stop the whole project."""
    told = _told(tests, places)
    return tests.model_copy(
        update={
            "not_null": tuple(one for one in tests.not_null if one not in told.not_null),
            "unique": tuple(one for one in tests.unique if one not in told.unique),
            "accepted": {name: one for name, one in tests.accepted.items() if name not in told.accepted},
            "references": {
                name: one
                for name, one in tests.references.items()
                if name not in told.references and places.known(one.rpartition(".")[0])
            },
        }
    )


def _is_safe(text: str) -> bool:
    return UNSAFE.search(text) is None


def _are_alike(values: tuple[Scalar, ...]) -> bool:
    """Texts without signs that dbt would not escape, or numbers; an empty list is no list to dbt."""
    if not values:
        return False
    if all(isinstance(value, str) for value in values):
        return all(_is_safe(str(value)) for value in values)
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
