"""The architecture a person describes: components checked against the kinds and the price table."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from yaml.nodes import Node

from studio_magics.tools.dev.cost.amounts import read_number
from studio_magics.tools.dev.cost.kinds import HOURS_PER_MONTH, KINDS, LONGEST_MONTH_HOURS, Kind
from studio_magics.tools.dev.cost.prices import TERMS, PriceTable
from studio_magics.tools.dev.cost.yaml_text import (
    choice_of,
    entries,
    items,
    nearest,
    number_of,
    read_document,
    reject,
    text_of,
)

MAX_COMPONENTS = 300
MAX_SCENARIOS = 20
ON_DEMAND = "on-demand"
COMMITMENTS = (ON_DEMAND, *TERMS)
_PERCENT = Decimal(100)


@dataclass(frozen=True)
class Component:
    """One part of the architecture, complete and within bounds."""

    name: str
    kind: str
    provider: str
    region: str
    size: str
    commitment: str
    discount_percent: Decimal | None
    """The caller's own discount for the commitment; None: the typical one of the table."""
    numbers: Mapping[str, Decimal]
    line: int

    @property
    def spec(self) -> Kind:
        """The kind with its meters."""
        return KINDS[self.kind]


@dataclass(frozen=True)
class Change:
    """What a scenario changes; None leaves as it is."""

    commitment: str | None = None
    region: str | None = None
    size: str | None = None
    count: Decimal | None = None
    hours: Decimal | None = None
    usage_percent: Decimal | None = None

    def described(self) -> str:
        """'commitment 1y, usage +20 %'."""
        parts = {
            "commitment": self.commitment,
            "region": self.region,
            "size": self.size,
            "count": self.count,
            "hours": self.hours,
            "usage": None if self.usage_percent is None else f"{self.usage_percent:+f} %",
        }
        return ", ".join(f"{name} {value}" for name, value in parts.items() if value is not None)


@dataclass(frozen=True)
class Scenario:
    """A named what-if over all or some components."""

    name: str
    change: Change
    components: tuple[str, ...] = ()
    kind: str | None = None


@dataclass(frozen=True)
class Architecture:
    """Everything that was described."""

    name: str
    components: tuple[Component, ...]
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True)
class _Defaults:
    provider: str | None
    region: str | None
    commitment: str
    hours: Decimal


def read_architecture(text: str, prices: PriceTable) -> Architecture:
    """Read and check the whole text.

    Raises:
        InputRejected: Something is unknown, missing or out of bounds; names line and column.
    """
    root = read_document(text)
    parts = entries(root, "the architecture", ("name", "defaults", "components", "what_if"))
    if "components" not in parts:
        reject(root, "no components", "components: with a list")
    defaults = _defaults(parts["defaults"][1] if "defaults" in parts else None, prices)
    nodes = items(parts["components"][1], "components", MAX_COMPONENTS)
    if not nodes:
        reject(parts["components"][1], "an empty list of components", "at least one")
    components = tuple(_component(node, defaults, prices) for node in nodes)
    _names_are_unique(components, nodes)
    scenarios = items(parts["what_if"][1], "what-ifs", MAX_SCENARIOS) if "what_if" in parts else []
    return Architecture(
        name=text_of(parts["name"][1], "name") if "name" in parts else "Architecture",
        components=components,
        scenarios=tuple(_scenario(node, components, prices) for node in scenarios),
    )


def _names_are_unique(components: tuple[Component, ...], nodes: list[Node]) -> None:
    seen: dict[str, int] = {}
    for component, node in zip(components, nodes, strict=True):
        if component.name in seen:
            reject(
                node, f"the name '{component.name}' was used on line {seen[component.name]}", "unique names"
            )
        seen[component.name] = component.line


def _defaults(node: Node | None, prices: PriceTable) -> _Defaults:
    if node is None:
        return _Defaults(None, None, ON_DEMAND, HOURS_PER_MONTH)
    parts = entries(node, "defaults", ("provider", "region", "commitment", "hours"))
    provider = (
        choice_of(parts["provider"][1], "provider", prices.providers()) if "provider" in parts else None
    )
    region = None
    if "region" in parts:
        known = prices.regions(provider) if provider else _all_regions(prices)
        region = choice_of(parts["region"][1], "region", known)
    commitment = (
        choice_of(parts["commitment"][1], "commitment", COMMITMENTS) if "commitment" in parts else ON_DEMAND
    )
    hours = _hours(parts["hours"][1]) if "hours" in parts else HOURS_PER_MONTH
    return _Defaults(provider, region, commitment, hours)


def _all_regions(prices: PriceTable) -> list[str]:
    return sorted({region for provider in prices.providers() for region in prices.regions(provider)})


def _hours(node: Node) -> Decimal:
    return number_of(node, "hours", least=Decimal(0), most=LONGEST_MONTH_HOURS, whole=False)


def _component(node: Node, defaults: _Defaults, prices: PriceTable) -> Component:
    fixed = ("name", "kind", "provider", "region", "size", "commitment", "discount_percent")
    all_fields = {field.name for kind in KINDS.values() for field in kind.fields}
    parts = entries(node, "the component", (*fixed, *sorted(all_fields)))
    if "kind" not in parts:
        reject(node, "a component without kind", nearest("", KINDS))
    spec = KINDS[choice_of(parts["kind"][1], "kind", KINDS)]
    for key in parts:
        if key in all_fields and spec.field(key) is None:
            own = [field.name for field in spec.fields]
            reject(parts[key][0], f"'{key}' means nothing for the kind {spec.name}", ", ".join(own))
    provider, region = _where(node, parts, spec, defaults, prices)
    return Component(
        name=text_of(parts["name"][1], "name") if "name" in parts else spec.name,
        kind=spec.name,
        provider=provider,
        region=region,
        size=_size(node, parts, spec, provider, prices),
        commitment=_commitment(parts, spec, defaults),
        discount_percent=_own_discount(parts, spec),
        numbers=_numbers(node, parts, spec, defaults),
        line=node.start_mark.line + 1,
    )


_Parts = Mapping[str, tuple[Node, Node]]


def _where(node: Node, parts: _Parts, spec: Kind, defaults: _Defaults, prices: PriceTable) -> tuple[str, str]:
    if spec.name == "other":
        return (text_of(parts["provider"][1], "provider") if "provider" in parts else "other", "")
    known = prices.providers()
    provider = (
        choice_of(parts["provider"][1], "provider", known) if "provider" in parts else defaults.provider
    )
    if provider is None:
        reject(node, "no provider", ", ".join(known), "Give it here or under defaults")
    regions = prices.regions(provider)
    if "region" in parts:
        return provider, choice_of(parts["region"][1], f"{provider} region", regions)
    if defaults.region is None or defaults.region not in regions:
        reject(node, f"no region of {provider}", ", ".join(regions), "Give it here or under defaults")
    return provider, defaults.region


def _size(node: Node, parts: _Parts, spec: Kind, provider: str, prices: PriceTable) -> str:
    if spec.name == "other":
        return text_of(parts["size"][1], "size") if "size" in parts else ""
    known = prices.sizes(spec.name, provider)
    if not known:
        reject(node, f"no prices for {spec.name} of {provider}", "kind: other with usd_per_month")
    if "size" in parts:
        return choice_of(parts["size"][1], f"{provider} {spec.name} size", known)
    if spec.default_size in known:
        return str(spec.default_size)
    if len(known) == 1:
        return known[0]
    return reject(node, f"no size for the {spec.name}", nearest("", known))


def _commitment(parts: _Parts, spec: Kind, defaults: _Defaults) -> str:
    can_commit = any(meter.is_committed for meter in spec.meters)
    if "commitment" not in parts:
        return defaults.commitment if can_commit else ON_DEMAND
    chosen = choice_of(parts["commitment"][1], "commitment", COMMITMENTS)
    if chosen != ON_DEMAND and not can_commit:
        reject(parts["commitment"][0], f"a {spec.name} cannot be committed to", ON_DEMAND)
    return chosen


def _own_discount(parts: _Parts, spec: Kind) -> Decimal | None:
    if "discount_percent" not in parts:
        return None
    if not any(meter.is_committed for meter in spec.meters):
        reject(
            parts["discount_percent"][0], f"a {spec.name} has no commitment discount", "vm, database, cache"
        )
    node = parts["discount_percent"][1]
    return number_of(node, "discount_percent", least=Decimal(0), most=_PERCENT, whole=False)


def _numbers(node: Node, parts: _Parts, spec: Kind, defaults: _Defaults) -> dict[str, Decimal]:
    numbers: dict[str, Decimal] = {}
    for field in spec.fields:
        if field.name in parts:
            numbers[field.name] = number_of(
                parts[field.name][1], field.name, least=field.least, most=field.most, whole=field.whole
            )
        elif field.required:
            reject(node, f"no '{field.name}' for the {spec.name}", f"{field.name}: {field.describes}")
        elif field.name == "hours":
            numbers["hours"] = defaults.hours
        elif field.default is not None:
            numbers[field.name] = field.default
    return numbers


def _scenario(node: Node, components: tuple[Component, ...], prices: PriceTable) -> Scenario:
    parts = entries(node, "the what-if", ("name", "change", "components", "kind"))
    if "change" not in parts:
        reject(node, "a what-if without change", "change: {commitment, region, size, count, hours, usage}")
    names = [component.name for component in components]
    picked = items(parts["components"][1], "components", MAX_COMPONENTS) if "components" in parts else []
    change = _change(parts["change"][1], prices)
    return Scenario(
        name=text_of(parts["name"][1], "name") if "name" in parts else change.described(),
        change=change,
        components=tuple(choice_of(item, "component", names) for item in picked),
        kind=choice_of(parts["kind"][1], "kind", KINDS) if "kind" in parts else None,
    )


def _change(node: Node, prices: PriceTable) -> Change:
    parts = entries(node, "change", ("commitment", "region", "size", "count", "hours", "usage"))
    if not parts:
        reject(node, "an empty change", "commitment, region, size, count, hours or usage")
    sizes = {row.size for row in prices.rows.values()}
    count = KINDS["vm"].field("count")
    most = count.most if count else Decimal(1)
    return Change(
        commitment=choice_of(parts["commitment"][1], "commitment", COMMITMENTS)
        if "commitment" in parts
        else None,
        region=choice_of(parts["region"][1], "region", _all_regions(prices)) if "region" in parts else None,
        size=choice_of(parts["size"][1], "size", sizes) if "size" in parts else None,
        count=number_of(parts["count"][1], "count", least=Decimal(0), most=most, whole=True)
        if "count" in parts
        else None,
        hours=_hours(parts["hours"][1]) if "hours" in parts else None,
        usage_percent=_usage_percent(parts["usage"][1]) if "usage" in parts else None,
    )


def _usage_percent(node: Node) -> Decimal:
    """'+20 %', '-10%' or '20': a change of usage in per cent."""
    written = text_of(node, "usage")
    bare = written.removesuffix("%").strip().removeprefix("+")
    amount = read_number(bare)
    if amount is None or not -_PERCENT <= amount <= 100 * _PERCENT:
        reject(node, f"usage '{written}'", "-100 % to +10000 %, for example +20 %")
    return amount
