"""Components, zones and flows from a compose file: what it publishes, what depends on what, which network."""

# PyYAML is typed in part; every value is checked here, and by the model of the design.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from itertools import permutations
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.security_architecture.design import PORTS
from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.yaml_text import YamlLimits, check_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FIELD = "compose"
MAX_BYTES = 400_000
MAX_SERVICES = 250
ALLOWED = "a compose file with services"
INTERNET = "internet"
STORES: Mapping[str, str] = {
    "postgres": "postgresql", "postgis": "postgresql", "mysql": "mysql", "mariadb": "mysql",
    "mongo": "mongodb",
    "redis": "redis", "valkey": "redis", "memcached": "tcp", "elasticsearch": "http", "opensearch": "http",
    "minio": "http", "influxdb": "http", "cassandra": "tcp", "clickhouse-server": "tcp",
    "postgresql": "postgresql", "timescaledb": "postgresql", "pgvector": "postgresql",
    "mysql-server": "mysql", "percona": "mysql", "mongodb": "mongodb", "redis-stack": "redis",
    "redis-stack-server": "redis", "couchdb": "http", "neo4j": "http", "azure-sql-edge": "mssql",
}  # fmt: skip
"""Image → the protocol it speaks."""
QUEUES: Mapping[str, str] = {
    "rabbitmq": "amqp",
    "kafka": "kafka",
    "cp-kafka": "kafka",
    "mosquitto": "mqtt",
    "eclipse-mosquitto": "mqtt",
}
GATEWAYS = frozenset({"nginx", "traefik", "haproxy", "caddy", "envoy", "httpd"})
MANAGEMENT = frozenset({"portainer", "portainer-ce", "adminer", "phpmyadmin", "pgadmin4", "mongo-express"})
BY_PORT = {port: name for name, port in reversed(list(PORTS.items())) if port} | {8080: "http", 8443: "https"}
PUBLISHED = re.compile(
    r"^(?:(?P<host>\d+\.[\d.]+|\[[\da-f:]*\]|):)?(?:(?P<out>\d*)(?:-\d+)?:)?(?P<inside>\d+)(?:-\d+)?(?:/\w+)?$"
)
VARIABLE = re.compile(r"\$\{[A-Za-z_]\w*(?::?-(?P<default>[^}]*)|[^}]*)\}|\$[A-Za-z_]\w*")
FLATTEN = "give what 'docker compose config' prints: it has no anchors, tags, variables or other files"
LOCAL = ("127.", "[::1]", "::1")
STORE_VALUE = 3
TRUST, TRUST_INTERNAL = 4, 7


def read_compose(path: Path) -> dict[str, Any]:
    """Zones, components and flows as the model of a design takes them.

    Raises:
        InputRejected: Not plain YAML, too large, no services, or a service that is no mapping.
    """
    document = _document(path)
    services = _mapping(document.get("services"))
    if not services or len(services) > MAX_SERVICES:
        raise InputRejected(FIELD, found=f"{len(services)} services", allowed=f"1 to {MAX_SERVICES} services")
    for name, service in services.items():
        if not isinstance(service, dict):
            raise InputRejected(FIELD, found=f"the service '{name[:60]}' without keys", allowed=ALLOWED)
    networks = _mapping(document.get("networks"))
    placed = {name: _network(_mapping(service)) for name, service in services.items()}
    return {
        "zones": [
            {"name": INTERNET, "trust": 0},
            *(_zone(one, networks) for one in dict.fromkeys(placed.values())),
        ],
        "components": [
            {"name": INTERNET, "kind": "external", "zone": INTERNET},
            *(_component(name, _mapping(service), placed[name]) for name, service in services.items()),
        ],
        "flows": [*_published(services), *_with_neighbours(services, list(_dependencies(services)))],
    }


def _document(path: Path) -> dict[str, Any]:
    import yaml

    if path.stat().st_size > MAX_BYTES:
        raise InputRejected(FIELD, found=f"more than {MAX_BYTES:,} bytes", allowed=ALLOWED)
    try:
        text = decoded(path.read_bytes())
        check_yaml(text, YamlLimits(depth=20, events=50_000, characters=MAX_BYTES, documents=1))
        return _mapping(yaml.safe_load(text))
    except IntakeRefused as refused:
        action = "; or ".join(filter(None, (refused.action, FLATTEN)))
        raise InputRejected(FIELD, found=refused.found, allowed=refused.allowed, action=action) from refused
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise InputRejected(FIELD, found="a value that YAML cannot read", allowed=ALLOWED) from error


def _mapping(value: Any) -> dict[str, Any]:
    return (
        {str(key): one for key, one in cast("dict[Any, Any]", value).items()}
        if isinstance(value, dict)
        else {}
    )


def _names(value: Any) -> list[str]:
    """'depends_on' and 'networks' are lists or mappings."""
    if isinstance(value, dict):
        return [str(key) for key in cast("dict[Any, Any]", value)]
    return [str(one) for one in cast("list[Any]", value)] if isinstance(value, list) else []


def _network(service: Mapping[str, Any]) -> str:
    names = _names(service.get("networks"))
    return f"network {names[0]}"[:60] if names else "network default"


def _zone(name: str, networks: Mapping[str, Any]) -> dict[str, Any]:
    is_internal = _mapping(networks.get(name.removeprefix("network "))).get("internal") is True
    return {"name": name, "trust": TRUST_INTERNAL if is_internal else TRUST, "flat": True}


def _image(service: Mapping[str, Any]) -> str:
    """'registry/team/postgres:16@sha256…' → 'postgres'."""
    return str(service.get("image", "")).partition("@")[0].rpartition("/")[2].partition(":")[0].lower()


def _component(name: str, service: Mapping[str, Any], zone: str) -> dict[str, Any]:
    image = _image(service)
    kind = "store" if _is_store(service) else "service"
    kind = "gateway" if image in GATEWAYS else "management" if image in MANAGEMENT else kind
    found: dict[str, Any] = {"name": name, "kind": kind, "zone": zone, "technology": image[:60]}
    if image in STORES:
        found["value"] = STORE_VALUE
    controls = list(_controls(service))
    return {**found, "controls": controls} if controls else found


def _controls(service: Mapping[str, Any]) -> Iterator[str]:
    dropped = {one.upper() for one in _names(service.get("cap_drop"))}
    if service.get("privileged") is not True and (service.get("read_only") is True or "ALL" in dropped):
        yield "sandbox"
    if str(service.get("user", "")).partition(":")[0] not in {"", "0", "root"}:
        yield "least-privilege"


def _published(services: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, service in services.items():
        listed = _mapping(service).get("ports")
        seen: set[str] = set()
        for one in cast("list[Any]", listed) if isinstance(listed, list) else []:
            flow = _flow_in(name, one)
            if flow is not None and flow["protocol"] not in seen:
                seen.add(flow["protocol"])
                yield flow
        if _mapping(service).get("network_mode") == "host":
            yield {"from": INTERNET, "to": name, "protocol": _spoken(_mapping(service))}


def _flow_in(name: str, port: Any) -> dict[str, Any] | None:
    """A published port as a flow from the internet; None when it stays on the machine.

    Without a port outside, the engine takes any that is free: published all the same.
    """
    if isinstance(port, dict):
        long = _mapping(port)
        host, outside, inside = str(long.get("host_ip", "")), long.get("published"), long.get("target")
    else:
        match = PUBLISHED.match(VARIABLE.sub(lambda found: found["default"] or "", str(port)))
        host, outside, inside = (
            (match["host"] or "", match["out"], match["inside"]) if match else ("", None, None)
        )
    if not str(inside).isdigit() or host.startswith(LOCAL):
        return None
    first = str(outside or "").partition("-")[0]
    seen = int(first) if first.isdigit() else int(str(inside))
    protocol = BY_PORT.get(int(str(inside)), BY_PORT.get(seen, "tcp"))
    return {"from": INTERNET, "to": name, "protocol": protocol, "port": seen}


def _dependencies(services: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, service in services.items():
        body = _mapping(service)
        links = [one.partition(":")[0] for one in _names(body.get("links"))]
        for target in dict.fromkeys((*_names(body.get("depends_on")), *links)):
            if target in services and target != name:
                yield _inside(name, target, services)


def _inside(name: str, target: str, services: Mapping[str, Any]) -> dict[str, Any]:
    body = _mapping(services[target])
    authentication = "password" if _image(body) in STORES else "network"
    return {"from": name, "to": target, "protocol": _spoken(body), "authentication": authentication}


def _spoken(service: Mapping[str, Any]) -> str:
    return {**STORES, **QUEUES}.get(_image(service), "http")


def _is_store(service: Any) -> bool:
    image = _image(_mapping(service))
    return image in STORES or image in QUEUES


def _with_neighbours(services: Mapping[str, Any], said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ways that were described, and those between services that meet in a network one is not drawn in.

    Stores and queues are called and do not call.
    """
    known = {(flow["from"], flow["to"]) for flow in said}
    nets = {name: _names(_mapping(body).get("networks")) for name, body in services.items()}
    met = [
        (one, other)
        for one, other in permutations(nets, 2)
        if not _is_store(services[one])
        and len(nets[one]) + len(nets[other]) > 2  # noqa: PLR2004  - one each is the flat zone they stand in
        and nets[one][:1] != nets[other][:1]
        and set(nets[one]) & set(nets[other])
    ]
    return [*said, *(_inside(*pair, services) for pair in met if pair not in known)]
