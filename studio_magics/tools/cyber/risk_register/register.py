"""What a person describes: risks with ranges for frequency and loss, controls and appetite."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from studio_magics.tools.typed_yaml import Described, nearest, read_described

FIELD = "risks"
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f<>]+$")]
Text = Annotated[str, Field(max_length=1_000)]
Strategy = Literal["mitigate", "accept", "transfer", "avoid", "undecided"]
MOST_EVENTS_A_YEAR = 1_000
LARGEST_LOSS = 1e15
LOGNORMAL_FACTOR = 2 * 1.6448536269514722
"""Standard deviations between the 5th and the 95th percentile."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _same(value: Any) -> Any:
    """A single number is the least, the likely and the most."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"low": value, "likely": value, "high": value}
    return value


class Frequency(_Part):
    """Events a year as least, likely and most (a PERT distribution of its own uncertainty)."""

    low: float = Field(ge=0, le=MOST_EVENTS_A_YEAR, description="Events a year at the least")
    likely: float = Field(ge=0, le=MOST_EVENTS_A_YEAR, description="Most likely events a year")
    high: float = Field(ge=0, le=MOST_EVENTS_A_YEAR, description="Events a year at the most")

    @model_validator(mode="after")
    def _in_order(self) -> "Frequency":
        if not self.low <= self.likely <= self.high:
            message = f"low {self.low:g}, likely {self.likely:g}, high {self.high:g}: not in this order"
            raise ValueError(message)
        return self

    @property
    def mean(self) -> float:
        """The mean of the PERT distribution."""
        return (self.low + 4 * self.likely + self.high) / 6


class Loss(_Part):
    """Money lost by one event: 90 % of events lie between low and high (a lognormal distribution)."""

    low: float = Field(gt=0, le=LARGEST_LOSS, description="5 % of events cost less")
    high: float = Field(gt=0, le=LARGEST_LOSS, description="5 % of events cost more")

    @model_validator(mode="after")
    def _in_order(self) -> "Loss":
        if self.low > self.high:
            message = f"low {self.low:g} above high {self.high:g}"
            raise ValueError(message)
        return self


class Treatment(_Part):
    """What is to be done."""

    strategy: Strategy = "undecided"
    due: date | None = Field(default=None, description="Date, ISO")
    note: Text = ""


class Risk(_Part):
    """One thing that may happen."""

    id: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9._-]+$")] | None = None
    title: Name
    description: Text = ""
    category: Name = "general"
    owner: Annotated[str, Field(max_length=80)] = ""
    likelihood: int | None = Field(
        default=None, ge=1, le=5, description="Rank; worked out from the frequency if empty"
    )
    impact: int | None = Field(
        default=None, ge=1, le=5, description="Rank; worked out from the loss if empty"
    )
    frequency: Annotated[Frequency, BeforeValidator(_same)] | None = None
    loss: Loss | None = None
    currency: str | None = Field(
        default=None, pattern=r"^[A-Z]{3}$", description="Must be the one of the register"
    )
    treatment: Treatment = Treatment()


class Effect(_Part):
    """By how much a control makes one risk smaller; shares from 0 to 1."""

    risk: Name
    frequency: float = Field(default=0, ge=0, le=1, description="Share of events prevented; 0.3 is 30 %")
    loss: float = Field(default=0, ge=0, le=1, description="Share of each loss saved; 0.3 is 30 %")


class RiskControl(_Part):
    """A measure that is planned; what is in place already belongs into the ranges of the risks."""

    name: Name
    cost_per_year: float = Field(
        default=0, ge=0, le=LARGEST_LOSS, description="Running cost and write-off a year"
    )
    effects: tuple[Effect, ...] = Field(min_length=1, max_length=200)


class Appetite(_Part):
    """The most that may be lost in a year, except with this probability."""

    loss: float = Field(gt=0, le=LARGEST_LOSS)
    probability: float = Field(default=0.1, gt=0, lt=1, description="Share of years, 0.1 is one in ten")


class Register(_Part):
    """The whole description."""

    name: Name = "Risk register"
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    appetite: Appetite | None = None
    impact_scale: tuple[float, float, float, float] | None = Field(
        default=None, description="Losses of one event from which the impact is 2, 3, 4 and 5"
    )
    likelihood_scale: tuple[float, float, float, float] = Field(
        default=(0.02, 0.1, 0.5, 2.0), description="Events a year from which the likelihood is 2, 3, 4 and 5"
    )
    risks: tuple[Risk, ...] = Field(default=(), max_length=200)
    controls: tuple[RiskControl, ...] = Field(default=(), max_length=100)

    def named(self, risk: Risk) -> str:
        """The identifier of a risk: its own, or 'R' and its place."""
        return risk.id or next(f"R{place}" for place, one in enumerate(self.risks, 1) if one is risk)

    def by_title(self) -> dict[str, str]:
        """Titles → identifiers; a title that is the identifier of another risk means that other one."""
        names = {self.named(risk) for risk in self.risks}
        return {risk.title: self.named(risk) for risk in self.risks if risk.title not in names}


def read_register(source: str | Mapping[str, Any], rows: list[dict[str, Any]] | None = None) -> Register:
    """Read and check the whole register; `rows` are risks from a table, after those of the text.

    Raises:
        InputRejected: A part is unknown, missing, reversed or out of bounds; a risk cannot be rated at all;
            two currencies; an effect on no risk. Names the line.
    """
    described = read_described(source, Register, field=FIELD)
    if rows:
        value = {**described.value.model_dump(exclude={"risks"}), "risks": [*described.value.risks, *rows]}
        described = read_described(_plain(value), Register, field="table")
    _check(described)
    return described.value


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    risks = [risk.model_dump() if isinstance(risk, Risk) else risk for risk in value["risks"]]
    return {**value, "risks": risks}


def _check(described: Described[Register]) -> None:
    register = described.value
    if not register.risks:
        described.reject(
            (), "no risks", "risks: with at least one title", "Give them in the text or as a table"
        )
    _scales_rise(described)
    seen: set[str] = set()
    for number, risk in enumerate(register.risks):
        place = ("risks", number)
        if register.named(risk) in seen:
            described.reject((*place, "id"), f"the id '{register.named(risk)}' twice", "unique ids")
        seen.add(register.named(risk))
        if risk.currency not in {None, register.currency}:
            found = f"amounts in {risk.currency} in a register in {register.currency}"
            described.reject(
                (*place, "currency"), found, f"one currency: {register.currency}", "Convert them first"
            )
        _is_rated(described, risk, place)
    _effects_fit(described, seen)


def _scales_rise(described: Described[Register]) -> None:
    for key in ("impact_scale", "likelihood_scale"):
        scale = getattr(described.value, key)
        if scale is not None and (list(scale) != sorted(set(scale)) or scale[0] <= 0):
            described.reject(
                (key,), f"{key} {', '.join(f'{one:g}' for one in scale)}", "four rising numbers above 0"
            )


def _is_rated(described: Described[Register], risk: Risk, place: tuple[str | int, ...]) -> None:
    in_money = risk.frequency is not None and risk.loss is not None
    in_words = risk.likelihood is not None and risk.impact is not None
    if (risk.frequency is None) != (risk.loss is None):
        missing = "frequency" if risk.frequency is None else "loss"
        described.reject(place, f"'{risk.title}' has no {missing}", "frequency and loss together, or neither")
    if not (in_money or in_words):
        allowed = "frequency and loss, or likelihood and impact from 1 to 5"
        described.reject(place, f"'{risk.title}' is not rated", allowed)


def _effects_fit(described: Described[Register], known: set[str]) -> None:
    register = described.value
    titles = Counter(risk.title for risk in register.risks)
    names: set[str] = set()
    for number, control in enumerate(register.controls):
        if control.name in names:
            described.reject(
                ("controls", number, "name"), f"the control '{control.name}' twice", "unique names"
            )
        names.add(control.name)
        for place, effect in enumerate(control.effects):
            if effect.risk not in known and effect.risk not in titles:
                at = ("controls", number, "effects", place, "risk")
                described.reject(
                    at, f"an effect on '{effect.risk}', which is no risk", nearest(effect.risk, list(known))
                )
            if effect.risk not in known and titles[effect.risk] > 1:
                at = ("controls", number, "effects", place, "risk")
                found = f"an effect on '{effect.risk}', the title of {titles[effect.risk]} risks"
                described.reject(at, found, f"the id of one: {', '.join(_titled(register, effect.risk))}")


def _titled(register: Register, title: str) -> list[str]:
    return [register.named(risk) for risk in register.risks if risk.title == title]
