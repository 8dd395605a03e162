"""What a person describes: zones, elements, data and flows; checked against each other."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from studio_magics.tools.cyber.threat_modeling import words
from studio_magics.tools.cyber.threat_modeling.controls import CONTROLS, Control
from studio_magics.tools.typed_yaml import Described, nearest, read_described

FIELD = "system"
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f<>]+$")]
Kind = Annotated[
    Literal["person", "external", "process", "store"], BeforeValidator(words.one_word(words.KINDS))
]
DataClass = Annotated[
    Literal["public", "internal", "confidential", "personal", "special", "payment", "credentials"],
    BeforeValidator(words.one_word(words.CLASSES)),
]
Technology = Literal[
    "web", "api", "mobile", "sql", "nosql", "files", "object-storage", "queue", "log", "email", "admin",
    "container", "third-party", "upload", "xml", "deserialisation", "shell", "fetches-urls", "llm",
    "llm-agent",
]  # fmt: skip
Authentication = Annotated[
    Literal["none", "password", "token", "mfa", "mutual-tls", "network"],
    BeforeValidator(words.one_word(words.AUTHENTICATIONS)),
]
Encrypted = Literal[
    "https", "tls", "ssh", "wss", "smtps", "ldaps", "grpcs", "vpn", "mutual-tls", "local", "sftp", "ftps",
    "amqps", "mqtts", "imaps", "rdp", "quic",
]  # fmt: skip
Clear = Literal[
    "http", "tcp", "udp", "ws", "smtp", "ldap", "grpc", "ftp", "telnet", "amqp", "jdbc", "dns", "postgresql",
    "mysql", "mssql", "mongodb", "redis", "kafka", "mqtt", "smb", "nfs", "syslog", "snmp",
]  # fmt: skip
Technologies = Annotated[tuple[Technology, ...], BeforeValidator(words.several_words(words.TECHNOLOGIES))]
ENCRYPTED: frozenset[str] = frozenset(get_args(Encrypted))
CLEAR: frozenset[str] = frozenset(get_args(Clear))
Protocol = Annotated[Literal[Encrypted, Clear], BeforeValidator(words.one_word(words.PROTOCOLS))]
Controls = Annotated[tuple[Control, ...], BeforeValidator(words.several_words(words.CONTROLS))]
SENSITIVITY: Mapping[str, int] = {
    "public": 1, "internal": 3, "confidential": 4, "personal": 4, "special": 5, "payment": 5,
    "credentials": 5,
}  # fmt: skip
PERSONAL = frozenset({"personal", "special"})


def _listed(value: Any) -> Any:
    """'a' is short for ['a']."""
    return [value] if isinstance(value, str) else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Zone(_Part):
    """A trust zone; its border is a trust boundary."""

    name: Name
    trust: int = Field(ge=0, le=10, description="0 anybody, 10 the most protected")
    controls: Controls = Field(
        default=(), max_length=30, description="Controls that hold for every element of the zone"
    )


class DataKind(_Part):
    """A kind of data that flows or rests."""

    name: Name
    classed: DataClass = Field(alias="class", description="Decides how bad its loss is")


class Element(_Part):
    """A person, an outside system, a process of yours or a store."""

    name: Name
    kind: Kind
    zone: Name
    technology: Technologies = Field(default=(), max_length=20)
    data: Annotated[tuple[Name, ...], BeforeValidator(_listed)] = Field(default=(), max_length=60)
    controls: Controls = Field(default=(), max_length=40)
    critical: bool = Field(default=False, description="The business stops when it stops")


class Flow(_Part):
    """Data that moves from one element to another."""

    source: Name = Field(alias="from")
    target: Name = Field(alias="to")
    protocol: Protocol = Field(description="'local' is within one machine")
    data: Annotated[tuple[Name, ...], BeforeValidator(_listed)] = Field(default=(), max_length=60)
    authentication: Authentication = "none"
    controls: Controls = Field(default=(), max_length=40)

    @property
    def name(self) -> str:
        """'browser → shop'."""
        return f"{self.source} → {self.target}"


class Decision(_Part):
    """What was decided about one threat; kept from run to run because it is part of the description."""

    threat: str = Field(min_length=3, max_length=200, description="Identifier from the table of threats")
    status: Literal["mitigated", "accepted", "transferred"]
    reason: str = Field(min_length=1, max_length=500)


class System(_Part):
    """The whole description."""

    name: Name = "System"
    zones: tuple[Zone, ...] = Field(min_length=1, max_length=20)
    data: tuple[DataKind, ...] = Field(default=(), max_length=100)
    elements: tuple[Element, ...] = Field(min_length=1, max_length=200)
    flows: tuple[Flow, ...] = Field(default=(), max_length=400)
    decisions: tuple[Decision, ...] = Field(default=(), max_length=500)


def read_system(source: str | Mapping[str, Any]) -> System:
    """Read and check the whole description.

    Raises:
        InputRejected: A part is unknown, repeated or missing; a flow leads nowhere; no boundary is crossed
            although people or outside systems are present. Names the line.
    """
    described = read_described(source, System, field=FIELD)
    _names_are_unique(described)
    _references_exist(described)
    _boundary_is_there(described)
    return described.value


def _names_are_unique(described: Described[System]) -> None:
    system = described.value
    for key, parts in (("zones", system.zones), ("data", system.data), ("elements", system.elements)):
        seen: set[str] = set()
        for number, part in enumerate(parts):
            if part.name in seen:
                described.reject((key, number, "name"), f"the name '{part.name}' twice", "unique names")
            seen.add(part.name)


def _references_exist(described: Described[System]) -> None:
    system = described.value
    zones, kinds = [zone.name for zone in system.zones], [kind.name for kind in system.data]
    names = [element.name for element in system.elements]
    for number, element in enumerate(system.elements):
        if element.zone not in zones:
            place = ("elements", number, "zone")
            described.reject(
                place, f"the zone '{element.zone}', which is not defined", nearest(element.zone, zones)
            )
        _data_exists(described, ("elements", number, "data"), element.data, kinds)
    for number, flow in enumerate(system.flows):
        for key, end in (("from", flow.source), ("to", flow.target)):
            if end not in names:
                place = ("flows", number, key)
                described.reject(place, f"a flow {key} '{end}', which is no element", nearest(end, names))
        if flow.source == flow.target:
            described.reject(("flows", number), f"a flow from '{flow.source}' to itself", "two elements")
        _data_exists(described, ("flows", number, "data"), flow.data, kinds)


def _data_exists(
    described: Described[System], place: tuple[int | str, ...], used: tuple[str, ...], kinds: list[str]
) -> None:
    for name in used:
        if name not in kinds:
            allowed = nearest(name, kinds) if kinds else "data: with a list of name and class"
            described.reject(place, f"the data '{name}', which is not defined", allowed)


def _boundary_is_there(described: Described[System]) -> None:
    system = described.value
    outside = [element for element in system.elements if element.kind in {"person", "external"}]
    inside = [element for element in system.elements if element.kind in {"process", "store"}]
    if not inside:
        described.reject(("elements",), "no process and no store", "at least one: threats act on them")
    if not system.flows:
        described.reject((), "no flows", "flows: with from, to and protocol")
    if outside and len({element.zone for element in system.elements}) == 1:
        described.reject(
            ("zones",),
            "people or outside systems in the same zone as everything else",
            "two zones with different trust",
            "Add the zone they come from, for example {name: internet, trust: 0}",
        )


__all__ = ["CONTROLS", "Element", "Flow", "System", "Zone", "read_system"]
