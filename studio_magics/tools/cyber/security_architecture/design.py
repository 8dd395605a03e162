"""What a person describes: zones, components and flows; checked against each other."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from studio_magics.tools.typed_yaml import Described, nearest, read_described

FIELD = "design"
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f<>]+$")]
Kind = Literal["user", "device", "gateway", "service", "store", "management", "external"]
Authentication = Literal["none", "network", "password", "token", "mfa", "mutual-tls"]
Control = Literal[
    "authentication", "mfa", "patching", "hardening", "input-validation", "waf", "network-restriction",
    "least-privilege", "monitoring", "edr", "sandbox", "rate-limit", "secrets-vault", "encryption",
    "encryption-at-rest", "awareness", "mail-filter", "privileged-access", "segmentation", "backup",
    "logging",
]  # fmt: skip
CONTROLS: tuple[str, ...] = get_args(Control)
PORTS: Mapping[str, int] = {
    "https": 443, "tls": 443, "wss": 443, "ssh": 22, "rdp": 3389, "vpn": 1194, "smtps": 465, "ldaps": 636,
    "grpcs": 443, "kafka-tls": 9093, "amqps": 5671, "postgresql": 5432, "mysql": 3306, "mssql": 1433,
    "mongodb": 27017, "redis": 6379, "http": 80, "ws": 80, "smtp": 25, "ldap": 389, "grpc": 50051,
    "amqp": 5672,
    "kafka": 9092, "ftp": 21, "telnet": 23, "smb": 445, "nfs": 2049, "dns": 53, "mqtt": 1883, "winrm": 5985,
    "kubernetes": 6443, "tcp": 0, "udp": 0, "local": 0,
}  # fmt: skip
"""Protocol → its usual port; 0: none of its own."""
ENCRYPTED = frozenset(
    {
        "https",
        "tls",
        "wss",
        "ssh",
        "rdp",
        "vpn",
        "smtps",
        "ldaps",
        "grpcs",
        "kafka-tls",
        "amqps",
        "kubernetes",
        "local",
    }
)
MOST_HOPS = 6_000
"""Flows and ways within flat zones together."""


def _listed(value: Any) -> Any:
    """'a' is short for ['a']."""
    return [value] if isinstance(value, str) else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Controls = Annotated[tuple[Control, ...], BeforeValidator(_listed)]


class Zone(_Part):
    """A part of the network."""

    name: Name
    trust: int = Field(ge=0, le=10, description="0 anybody, 10 the most protected")
    flat: bool = Field(default=False, description="Whether everything in it reaches everything else in it")
    controls: Controls = Field(default=(), max_length=20, description="Hold for every component of the zone")


class Component(_Part):
    """Something that runs, stores, or is used."""

    name: Name
    kind: Kind
    zone: Name
    value: int = Field(default=0, ge=0, le=5, description="What its loss would cost; above 0 it is an asset")
    entry: bool | None = Field(
        default=None,
        description="Where attackers begin; default: everything in zones of trust 0 without value",
    )
    technology: Annotated[str, Field(max_length=60)] = Field(
        default="", description="For people, such as nginx"
    )
    controls: Controls = Field(default=(), max_length=21)


class Flow(_Part):
    """Who connects to whom."""

    source: Name = Field(alias="from")
    target: Name = Field(alias="to")
    protocol: Annotated[str, Field(max_length=20)] = Field(description=f"One of {', '.join(sorted(PORTS))}")
    port: int | None = Field(
        default=None, ge=1, le=65_535, description="Default: the usual one of the protocol"
    )
    authentication: Authentication = "none"
    controls: Controls = Field(default=(), max_length=21)
    chance: float | None = Field(
        default=None, gt=0, le=1, description="Your own estimate that an attacker takes this hop, 0.3 is 30 %"
    )

    @property
    def shown(self) -> str:
        """'https:8443', 'ssh'."""
        usual = PORTS[self.protocol]
        return self.protocol if self.port in {None, usual} else f"{self.protocol}:{self.port}"


class Design(_Part):
    """The whole description."""

    name: Name = "System"
    zones: tuple[Zone, ...] = Field(default=(), max_length=40)
    components: tuple[Component, ...] = Field(default=(), max_length=300)
    flows: tuple[Flow, ...] = Field(default=(), max_length=1_500)

    def zone_of(self, component: Component) -> Zone:
        """The zone a component stands in."""
        return next(zone for zone in self.zones if zone.name == component.zone)

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """Where attackers begin."""
        said = [one.name for one in self.components if one.entry]
        if said:
            return tuple(said)
        outside = {zone.name for zone in self.zones if zone.trust == 0}
        return tuple(
            one.name for one in self.components if one.zone in outside and one.entry is None and not one.value
        )

    @cached_property
    def assets(self) -> tuple[Component, ...]:
        """What attackers want, the most valuable first."""
        return tuple(sorted((one for one in self.components if one.value), key=lambda one: -one.value))


def read_design(source: str | Mapping[str, Any], derived: Mapping[str, Any] | None = None) -> Design:
    """Read and check the whole design; `derived` are parts from a compose file, which the text completes.

    Raises:
        InputRejected: A part is unknown, repeated or missing; a component without a zone that exists; a flow
            with an unknown protocol or to nothing; no entry or no asset; more hops than are searched. Names
            the line.
    """
    described = read_described(source, Design, field=FIELD)
    if derived is not None:
        described = read_described(_joined(described.value, derived), Design, field=FIELD)
    _parts_are_there(described)
    _names_fit(described)
    _flows_fit(described)
    _begins_and_ends(described)
    return described.value


def _joined(text: Design, derived: Mapping[str, Any]) -> dict[str, Any]:
    """Parts of the text win over derived ones of the same name, field by field."""
    whole = text.model_dump(mode="json", by_alias=True, exclude_unset=True)
    joined: dict[str, Any] = {**whole}
    for key in ("zones", "components"):
        by_name: dict[str, dict[str, Any]] = {one["name"]: dict(one) for one in derived[key]}
        for one in whole.get(key, []):
            by_name[one["name"]] = {**by_name.get(one["name"], {}), **one}
        joined[key] = list(by_name.values())
    said = {(one["from"], one["to"]) for one in whole.get("flows", [])}
    flows = [one for one in derived["flows"] if (one["from"], one["to"]) not in said]
    return {**joined, "flows": [*flows, *whole.get("flows", [])]}


def _parts_are_there(described: Described[Design]) -> None:
    for key in ("zones", "components"):
        if not getattr(described.value, key):
            described.reject(
                (), f"no {key}", f"{key}: with at least one", "Describe them, or give a compose file"
            )


def _names_fit(described: Described[Design]) -> None:
    design = described.value
    for key, parts in (("zones", design.zones), ("components", design.components)):
        seen: set[str] = set()
        for number, part in enumerate(parts):
            if part.name in seen:
                described.reject((key, number, "name"), f"the name '{part.name}' twice", "unique names")
            seen.add(part.name)
    zones = [zone.name for zone in design.zones]
    for number, one in enumerate(design.components):
        if one.zone not in zones:
            place = ("components", number, "zone")
            described.reject(place, f"the zone '{one.zone}' of '{one.name}'", nearest(one.zone, zones))


def _flows_fit(described: Described[Design]) -> None:
    known = [one.name for one in described.value.components]
    for number, flow in enumerate(described.value.flows):
        if flow.protocol not in PORTS:
            place = ("flows", number, "protocol")
            described.reject(place, f"the protocol '{flow.protocol}'", nearest(flow.protocol, list(PORTS)))
        for key, name in (("from", flow.source), ("to", flow.target)):
            if name not in known:
                found = f"a flow {key} '{name}', which is no component"
                described.reject(("flows", number, key), found, nearest(name, known))
        if flow.source == flow.target:
            described.reject(("flows", number), f"a flow from '{flow.source}' to itself", "two components")


def _begins_and_ends(described: Described[Design]) -> None:
    design = described.value
    if not design.entries:
        described.reject(
            (), "no entry point", "entry: true on a component, or a zone of trust 0",
            "Say where attackers begin, such as the internet",
        )  # fmt: skip
    if not any(one.name not in design.entries for one in design.assets):
        described.reject(
            (), "no asset", "value: 1 to 5 on a component that is no entry", "Say what attackers want"
        )
    hops = len(design.flows) + sum(_pairs(design, zone) for zone in design.zones if zone.flat)
    if hops > MOST_HOPS:
        described.reject(
            ("zones",), f"{hops:,} ways between components", f"at most {MOST_HOPS:,}",
            "Split flat zones, or put components that do the same into one",
        )  # fmt: skip


def _pairs(design: Design, zone: Zone) -> int:
    number = sum(1 for one in design.components if one.zone == zone.name)
    return number * (number - 1)
