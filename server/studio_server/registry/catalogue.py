"""The catalogue of tools and plans, read from data and checked once.

Owns which tools exist, their mode, limits and price. Does not run or price anything.
"""

import difflib
import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from itertools import pairwise
from typing import Any, cast

from studio_magics.contracts.catalogue import Availability, Mode, Risk
from studio_magics.tools import catalog
from studio_magics.tools.base import Tool
from studio_magics.tools.declared_network import HostMisdeclared, Network
from studio_server.pricing.burn import GIGABYTE, MILLISECONDS, Burn, burnt_credits
from studio_server.pricing.limits import Limits

MEGABYTE = 10**6
DEFAULT_OUTPUT_BYTES = 8 * MEGABYTE
"""Of a result and its files together; the result alone, which is shown and kept with the run, has 1 MB."""
PLAN_CURRENCIES = ("gbp", "usd")
LARGEST_PRICE_MINOR = 99_999_999
DEFAULT_PLAN = "free"
"""Where everybody starts, and where whoever cancels ends."""
PLACES: dict[str, frozenset[str]] = {
    "client": frozenset({"kernel"}),
    "hybrid": frozenset({"kernel", "server"}),
    "server": frozenset({"server"}),
}


@dataclass(frozen=True)
class ToolEntry:
    """One tool as it is on sale."""

    id: str
    title: str
    summary: str
    mode: Mode
    risk: Risk
    maximum_credits: int
    limits: Limits | None
    availability: Availability
    runs_at_once: int | None = None
    """Metered runs of it at the same time, of all users together; None is as many as there are workers."""
    runs_at_once_per_user: int = 1
    network: tuple[str, ...] = ()
    """Whom its runs may talk to; what its code declares has to be the same."""

    @property
    def studio(self) -> str:
        """'data' of 'data-studio-quality'."""
        return self.id.split("-studio-", 1)[0]

    @property
    def short_name(self) -> str:
        """'quality' of 'data-studio-quality'."""
        return catalog.short_name(self.id)


@dataclass(frozen=True)
class PlanEntry:
    """One plan: what it gives a month, allows a day, and carries at most into the next period, in credits.

    `queue_weight` is its share of the workers while others wait too, beside a weight of 1.
    `price_minor` is what a month costs in pence or cents; with 0 it cannot be bought.
    """

    id: str
    title: str
    monthly_credits: int
    daily_cap_credits: int
    roll_over_credits: int = 0
    runs_at_once: int = 4
    queue_weight: int = 1
    price_minor: int = 0
    currency: str = "gbp"


class RegistryInvalid(ValueError):
    """The catalogue contradicts itself; the server does not start. `faults` lists all of them."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("the tool registry cannot be used: " + "; ".join(self.faults))


class ToolNotFound(LookupError):
    """No tool has this identifier or short name; `suggestions` are near ones."""

    def __init__(self, name: str, suggestions: tuple[str, ...]) -> None:
        super().__init__(f"there is no tool '{name}'")
        self.name = name
        self.suggestions = suggestions


class ToolComingSoon(LookupError):
    """The tool is in the catalogue but has no code yet."""

    def __init__(self, entry: ToolEntry) -> None:
        super().__init__(f"{entry.title} is not available yet")
        self.entry = entry


class ToolRunsElsewhere(ValueError):
    """The tool runs in the kernel only."""

    def __init__(self, entry: ToolEntry) -> None:
        super().__init__(f"{entry.title} runs in your kernel, for 0 credits")
        self.entry = entry


@dataclass(frozen=True)
class Registry:
    """All tools and plans of this server, consistent."""

    burn: Burn
    tools: Mapping[str, ToolEntry]
    plans: Mapping[str, PlanEntry]
    price_version: str

    @cached_property
    def by_short_name(self) -> Mapping[str, str | None]:
        """Short name → identifier; None where two tools share the short name."""
        names: dict[str, str | None] = {}
        for entry in self.tools.values():
            names[entry.short_name] = None if entry.short_name in names else entry.id
        return names

    def find(self, name: str) -> ToolEntry:
        """The tool of this identifier or unambiguous short name.

        Raises:
            ToolNotFound: With near names as suggestions.
        """
        entry = self.tools.get(name) or self.tools.get(self.by_short_name.get(name) or "")
        if entry is None:
            raise ToolNotFound(name, self._near(name))
        return entry

    def metered(self, name: str) -> tuple[ToolEntry, Tool, Limits]:
        """The tool, its code and its limits, for a run on the server.

        Raises:
            ToolNotFound, ToolComingSoon, ToolRunsElsewhere: It cannot run here.
        """
        entry = self.find(name)
        if entry.limits is None and entry.availability == "available":
            raise ToolRunsElsewhere(entry)
        return entry, self.code(entry), cast("Limits", entry.limits)

    def code(self, entry: ToolEntry) -> Tool:
        """The code of a tool on sale.

        Raises:
            ToolComingSoon: It has none yet.
        """
        if entry.availability == "coming_soon":
            raise ToolComingSoon(entry)
        return catalog.load(entry.id)

    def search(self, words: str) -> tuple[ToolEntry, ...]:
        """Tools whose identifier, title or summary contain every word, in catalogue order."""
        wanted = words.lower().split()
        return tuple(
            entry
            for entry in self.tools.values()
            if all(
                word in f"{entry.id} {entry.title} {entry.summary} {entry.mode}".lower() for word in wanted
            )
        )

    def _near(self, name: str) -> tuple[str, ...]:
        names = [*(n for n, i in self.by_short_name.items() if i), *self.tools]
        near = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.5)
        return tuple(dict.fromkeys(near))


def load(*, with_code: bool = True) -> Registry:
    """Read and check the catalogue that ships with the server.

    Raises:
        RegistryInvalid: Listing every contradiction found.
    """
    data = _read("tools.toml")
    return assemble(data, _read("plans.toml"), with_code=with_code)


def assemble(tools: Mapping[str, Any], plans: Mapping[str, Any], *, with_code: bool = True) -> Registry:
    """A registry from parsed data, checked against the tools that have code.

    Raises:
        RegistryInvalid: Listing every contradiction found.
    """
    burn = _burn(tools["burn"])
    installed = frozenset(catalog.sources()) if with_code else frozenset[str]()
    entries = [_entry(row, installed) for row in tools["tool"]]
    faults = [*_repeated(entries), *(fault for entry in entries for fault in _faults(entry, burn))]
    on_offer = [PlanEntry(**row) for row in plans["plan"]]
    faults += _plan_faults(on_offer)
    if faults:
        raise RegistryInvalid(faults)
    return Registry(
        burn=burn,
        tools={entry.id: entry for entry in entries},
        plans={plan.id: plan for plan in on_offer},
        price_version=_version(tools),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("studio_server.registry").joinpath(name).read_text("utf-8"))


def _burn(row: Mapping[str, Any]) -> Burn:
    return Burn(
        base_credits=row["base_credits"],
        cpu_ms_per_credit=row["cpu_seconds_per_credit"] * MILLISECONDS,
        byte_ms_per_credit=row["gigabyte_seconds_per_credit"] * GIGABYTE * MILLISECONDS,
        minimum_credits=row["minimum_credits"],
    )


def _entry(row: Mapping[str, Any], installed: frozenset[str]) -> ToolEntry:
    limits = None
    if "cpu_seconds" in row:
        limits = Limits(
            cpu_ms=row["cpu_seconds"] * MILLISECONDS,
            wall_ms=row["wall_seconds"] * MILLISECONDS,
            memory_bytes=row["memory_mb"] * MEGABYTE,
            output_bytes=row.get("output_bytes", DEFAULT_OUTPUT_BYTES),
        )
    return ToolEntry(
        id=row["id"],
        title=row["title"],
        summary=row["summary"],
        mode=row["mode"],
        risk=row["risk"],
        maximum_credits=row.get("maximum_credits", 0),
        limits=limits,
        availability="available" if row["id"] in installed else "coming_soon",
        runs_at_once=row.get("runs_at_once"),
        runs_at_once_per_user=row.get("runs_at_once_per_user", 1),
        network=tuple(row.get("network", ())),
    )


def _repeated(entries: Iterable[ToolEntry]) -> list[str]:
    seen: set[str] = set()
    faults: list[str] = []
    for entry in entries:
        if entry.id in seen:
            faults.append(f"{entry.id} is listed twice")
        seen.add(entry.id)
    return faults


def _faults(entry: ToolEntry, burn: Burn) -> list[str]:
    faults: list[str] = []
    if entry.mode not in PLACES:
        return [f"{entry.id} has the unknown mode '{entry.mode}'"]
    sold = entry.mode != "client"
    if sold != (entry.limits is not None):
        faults.append(f"{entry.id} is {entry.mode} and {'has no' if sold else 'has'} limits")
    if sold != (entry.maximum_credits > 0):
        faults.append(f"{entry.id} is {entry.mode} and {'has no' if sold else 'has a'} price")
    if entry.limits is not None and burnt_credits(burn, entry.limits.usage) != entry.maximum_credits:
        most = burnt_credits(burn, entry.limits.usage)
        faults.append(
            f"{entry.id} burns {most} credits at its limits, its maximum says {entry.maximum_credits}"
        )
    if min(entry.runs_at_once_per_user, 1 if entry.runs_at_once is None else entry.runs_at_once) < 1:
        faults.append(f"{entry.id} allows no run at all")
    try:
        Network.of(entry.network)
    except HostMisdeclared as fault:
        faults.append(f"{entry.id}: {fault}")
    if entry.availability == "available":
        faults.extend(_code_faults(entry))
    return faults


def _code_faults(entry: ToolEntry) -> list[str]:
    faults: list[str] = []
    try:
        tool = catalog.load(entry.id)
    except (catalog.ToolMisdeclared, ImportError) as fault:
        return [f"{entry.id} cannot be loaded: {fault}"]
    if tool.places != PLACES[entry.mode]:
        faults.append(f"{entry.id} is {entry.mode}, its code runs in {', '.join(sorted(tool.places))}")
    if tool.title != entry.title:
        faults.append(f"{entry.id} is called '{entry.title}' here and '{tool.title}' in its code")
    if set(tool.network) != set(entry.network):
        allowed, wanted = (" and ".join(sorted(words)) or "nobody" for words in (entry.network, tool.network))
        faults.append(f"{entry.id} may talk to {allowed} here, its code wants {wanted}")
    return faults


def _plan_faults(plans: Sequence[PlanEntry]) -> list[str]:
    faults = [
        f"the plan {plan_id} is listed twice" for plan_id, n in Counter(p.id for p in plans).items() if n > 1
    ]
    if DEFAULT_PLAN not in {plan.id for plan in plans}:
        faults.append(f"there is no plan '{DEFAULT_PLAN}' to start with")
    for plan in plans:
        if not 0 <= plan.roll_over_credits <= plan.monthly_credits:
            carries, gives = plan.roll_over_credits, plan.monthly_credits
            faults.append(f"the plan {plan.id} carries {carries} credits over and gives {gives}")
        if min(plan.runs_at_once, plan.queue_weight) < 1:
            faults.append(f"the plan {plan.id} allows no run at all")
        if plan.id == DEFAULT_PLAN and plan.roll_over_credits:
            faults.append(f"the plan {plan.id} follows the calendar month and carries nothing over")
        if plan.id == DEFAULT_PLAN and plan.price_minor:
            faults.append(f"the plan {plan.id} has a price")
    return [*faults, *_price_faults([plan for plan in plans if plan.price_minor])]


def _price_faults(sold: Sequence[PlanEntry]) -> Iterable[str]:
    """A higher plan gives more and costs more, in one currency: both sides agree what an upgrade is."""
    for plan in sold:
        if not 0 < plan.price_minor <= LARGEST_PRICE_MINOR or plan.currency not in PLAN_CURRENCIES:
            yield f"the plan {plan.id} has no usable price"
    by_credits = sorted(sold, key=lambda plan: plan.monthly_credits)
    for lower, higher in pairwise(by_credits):
        if lower.price_minor >= higher.price_minor or lower.monthly_credits == higher.monthly_credits:
            yield f"the plan {higher.id} gives more than {lower.id} and does not cost more"
        if lower.currency != higher.currency:
            yield f"the plans {lower.id} and {higher.id} are sold in two currencies"


def _version(tools: Mapping[str, Any]) -> str:
    canonical = json.dumps(tools, sort_keys=True, separators=(",", ":"))
    return "price-" + hashlib.sha256(canonical.encode()).hexdigest()[:12]
