"""Which control or practice a person means, in the frameworks that were chosen."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.compliance.statement import FIELD, Statement
from studio_magics.tools.cyber.frameworks import FRAMEWORKS, Control, Framework, framework, practices
from studio_magics.tools.cyber.frameworks.catalogue import DataMisfit
from studio_magics.tools.typed_yaml import nearest

BARE = re.compile(r"^(?:A\.?|CIS[- ]?)?(\d+\.\d+)$", re.IGNORECASE)
CATEGORIES = {
    "security": "CC",
    "availability": "A",
    "confidentiality": "C",
    "processing-integrity": "PI",
    "privacy": "P",
}


class Unclear(LookupError):
    """A reference names nothing that was chosen, or two things."""

    def __init__(self, found: str, allowed: str, action: str = "") -> None:
        super().__init__(found)
        self.found = found
        self.allowed = allowed
        self.action = action


@dataclass(frozen=True)
class Scope:
    """The controls that are looked at."""

    frameworks: tuple[Framework, ...]
    controls: Mapping[str, Control]
    others: Mapping[str, Control]
    """Controls that exist and were not chosen."""

    def control(self, reference: str) -> str:
        """The identifier of the control that is meant.

        Raises:
            Unclear: Unknown, of a framework that was not chosen, or of two.
        """
        wanted = reference.strip().upper().replace(" ", "-")
        if wanted in self.controls:
            return wanted
        if wanted in self.others:
            raise Unclear(
                f"'{reference}' is of {_title(self.others[wanted])}, outside of what was chosen",
                "controls of the chosen frameworks, groups and categories",
                "add its framework, group or category, or leave the answer out",
            )
        bare = BARE.match(reference.strip())
        meant = [one for one in (f"A.{bare[1]}", f"CIS-{bare[1]}") if one in self.controls] if bare else []
        meant = [one for one in meant if _may_mean(wanted, one)]
        if len(meant) > 1:
            raise Unclear(f"'{reference}' is {' and '.join(meant)}", "one of them, written in full")
        if meant:
            return meant[0]
        raise Unclear(f"'{reference}' is no control here", nearest_control(wanted, self.controls))

    def either(self, reference: str) -> str:
        """The practice or the control that is meant.

        Raises:
            Unclear: Neither.
        """
        return reference if reference in practices() else self.control(reference)


def _may_mean(wanted: str, control: str) -> bool:
    if wanted.startswith("A"):
        return control.startswith("A.")
    return control.startswith("CIS-") if wanted.startswith("CIS") else True


def nearest_control(wanted: str, known: Iterable[str]) -> str:
    """Identifiers close to this one."""
    by_lower = {one.lower(): one for one in known}
    told = nearest(wanted.lower(), list(by_lower))
    for lower, name in sorted(by_lower.items(), key=lambda pair: -len(pair[0])):
        told = re.sub(rf"(?<![\w.-]){re.escape(lower)}(?![\w.-])", name, told)
    return told


def _title(control: Control) -> str:
    return framework(control.framework).title


def scope_of(statement: Statement) -> Scope:
    """The controls of the chosen frameworks, implementation group and categories.

    Raises:
        InputRejected: A framework twice; or the operator's data does not fit.
    """
    if len(set(statement.frameworks)) < len(statement.frameworks):
        raise InputRejected(FIELD, found="a framework twice", allowed="each framework once")
    try:
        every = {name: framework(name) for name in FRAMEWORKS}
    except DataMisfit as misfit:
        raise InputRejected(
            FIELD, found=f"framework data that does not fit ({misfit})", allowed="data that was checked",
            action="ask the operator of this installation",
        ) from misfit  # fmt: skip
    chosen: dict[str, Control] = {}
    others: dict[str, Control] = {}
    for name, one in every.items():
        for control in one.controls:
            is_in = name in statement.frameworks and _is_chosen(control, statement)
            (chosen if is_in else others)[control.id.upper()] = control
    return Scope(tuple(every[name] for name in statement.frameworks), chosen, others)


def _is_chosen(control: Control, statement: Statement) -> bool:
    if control.framework == "cis-8.1":
        return control.group <= statement.cis_group
    if control.framework == "soc-2":
        letters = control.family.split()[0].rstrip("0123456789")
        return letters in {CATEGORIES[one] for one in statement.soc_categories}
    return True
