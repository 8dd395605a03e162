"""The short form in YAML: roles, goals and nested steps; nothing can dangle in it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from studio_magics.tools.typed_yaml import Described, nearest, read_described

FIELD = "playbook"
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f<>]+$")]
Words = Annotated[str, Field(min_length=1, max_length=1_000)]
Chance = Annotated[float, Field(ge=0, le=1)]
MAX_STEPS = 200
MAX_MINUTES = 60 * 24 * 60
KINDS = ("do", "if", "while", "parallel", "switch")
PlaybookType = Literal[
    "attack",
    "detection",
    "engagement",
    "investigation",
    "mitigation",
    "notification",
    "prevention",
    "remediation",
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _spread(value: Any) -> Any:
    """A single number is the likely time; half of it the least, twice of it the most."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"low": value / 2, "likely": value, "high": value * 2}
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Minutes(_Part):
    """How long a step takes, in minutes of work of one person."""

    low: float = Field(ge=0, le=MAX_MINUTES)
    likely: float = Field(ge=0, le=MAX_MINUTES)
    high: float = Field(ge=0, le=MAX_MINUTES)

    @model_validator(mode="after")
    def _in_order(self) -> "Minutes":
        if not self.low <= self.likely <= self.high:
            message = f"low {self.low:g}, likely {self.likely:g}, high {self.high:g}: not in this order"
            raise ValueError(message)
        return self


class Role(_Part):
    """Who does it, and how many of them there are."""

    name: Name
    count: int = Field(default=1, ge=1, le=1_000, description="People who can work at the same time")


class Case(_Part):
    """One way of a switch."""

    chance: Chance | None = None
    steps: tuple["FormStep", ...] = ()


class FormStep(_Part):
    """One step: exactly one of do, if, while, parallel and switch."""

    name: Name
    do: Annotated[tuple[Words, ...], BeforeValidator(_listed)] | None = Field(
        default=None, description="What is done"
    )
    who: Name | None = Field(default=None, description="A role")
    minutes: Annotated[Minutes, BeforeValidator(_spread)] | None = None
    milestone: Name | None = Field(
        default=None, description="Reached when this step is done, such as 'contained'"
    )
    question: Words | None = Field(default=None, alias="if", description="A question with yes or no")
    yes: tuple["FormStep", ...] = ()
    no: tuple["FormStep", ...] = ()
    repeat: Words | None = Field(
        default=None, alias="while", description="Repeated as long as the answer is yes"
    )
    steps: tuple["FormStep", ...] = ()
    at_most: int = Field(default=5, ge=1, le=20, description="Repetitions at the most")
    parallel: tuple[tuple["FormStep", ...], ...] | None = Field(
        default=None, description="Lists of steps side by side"
    )
    switch: Words | None = Field(default=None, description="A question with several answers")
    cases: dict[Name, Case] = Field(default={}, max_length=20)
    chance: Chance = Field(default=0.5, description="How likely yes is")

    @property
    def kind(self) -> str:
        """Which of the five it is."""
        values = (self.do, self.question, self.repeat, self.parallel, self.switch)
        return next(kind for kind, value in zip(KINDS, values, strict=True) if value is not None)

    @model_validator(mode="after")
    def _is_one_thing(self) -> "FormStep":
        values = (self.do, self.question, self.repeat, self.parallel, self.switch)
        given = [kind for kind, value in zip(KINDS, values, strict=True) if value is not None]
        if len(given) != 1:
            message = (
                f"'{self.name}' has {' and '.join(given) or 'none'} of do, if, while, parallel, switch; "
                "one is needed"
            )
            raise ValueError(message)
        _complete(self, given[0])
        return self

    @property
    def branches(self) -> tuple[tuple["FormStep", ...], ...]:
        """All lists of steps inside."""
        return (
            self.yes,
            self.no,
            self.steps,
            *(self.parallel or ()),
            *(case.steps for case in self.cases.values()),
        )


def _complete(step: FormStep, kind: str) -> None:
    faults = {
        "do": "" if step.who else f"'{step.name}' says not who does it",
        "if": "" if step.yes or step.no else f"'{step.name}' has neither yes nor no steps",
        "while": "" if step.steps else f"'{step.name}' has no steps to repeat",
        "parallel": ""
        if len(step.parallel or ()) > 1
        else f"'{step.name}' needs two or more lists side by side",
        "switch": "" if step.cases else f"'{step.name}' has no cases",
    }
    if kind == "parallel" and any(not branch for branch in step.parallel or ()):
        faults["parallel"] = f"'{step.name}' has an empty list"
    if faults[kind]:
        raise ValueError(faults[kind])


class Form(_Part):
    """The whole short form."""

    name: Name
    description: Annotated[str, Field(max_length=2_000)] = ""
    types: tuple[PlaybookType, ...] = ("investigation", "mitigation")
    severity: int = Field(default=50, ge=0, le=100)
    roles: tuple[Role, ...] = Field(min_length=1, max_length=30)
    goals: dict[Name, float] = Field(default={}, max_length=20, description="Milestone → minutes it may take")
    steps: tuple[FormStep, ...] = Field(min_length=1, max_length=MAX_STEPS)

    def all_steps(self) -> list[FormStep]:
        """Every step, in the order of reading."""
        return list(_flat(self.steps))


def _flat(steps: tuple[FormStep, ...]) -> list[FormStep]:
    found: list[FormStep] = []
    for step in steps:
        found.append(step)
        for branch in step.branches:
            found += _flat(branch)
    return found


def read_form(source: str | Mapping[str, Any]) -> Form:
    """Read and check a playbook in the short form.

    Raises:
        InputRejected: A key is unknown or missing, a name stands twice, a role or milestone does not exist.
    """
    described = read_described(source, Form, field=FIELD)
    _fits(described)
    return described.value


def _fits(described: Described[Form]) -> None:
    form = described.value
    steps, roles = form.all_steps(), [role.name for role in form.roles]
    if len(steps) > MAX_STEPS:
        described.reject(("steps",), f"{len(steps)} steps", f"at most {MAX_STEPS}")
    seen: set[str] = set()
    for step in steps:
        if step.name in seen:
            described.reject(("steps",), f"the step '{step.name}' twice", "unique names")
        seen.add(step.name)
        if step.who is not None and step.who not in roles:
            described.reject(
                ("steps",), f"'{step.name}' is done by '{step.who}', who is no role", nearest(step.who, roles)
            )
        total = sum(case.chance or 0 for case in step.cases.values())
        if total > 1:
            described.reject(("steps",), f"chances of '{step.name}' add up to {total:g}", "at most 1")
    reached = {step.milestone for step in steps if step.milestone}
    for goal in form.goals:
        if goal not in reached:
            found = f"a goal for '{goal}', which no step reaches"
            described.reject(
                ("goals", goal), found, nearest(goal, sorted(reached)) if reached else "milestone: on a step"
            )
