"""ATT&CK techniques of a hop, and the D3FEND countermeasures to them; identifiers only, words of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.cyber.security_architecture.hops import is_clear

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_magics.tools.cyber.security_architecture.design import Component
    from studio_magics.tools.cyber.security_architecture.hops import Hop

AS_OF = "2026-08-06"
DOMAIN = "enterprise-attack"


@dataclass(frozen=True)
class Technique:
    """What an attacker does on a hop."""

    id: str
    words: str
    counters: tuple[str, ...]
    """D3FEND identifiers."""


COUNTERS: Mapping[str, str] = {
    "D3-ITF": "filter incoming traffic",
    "D3-NTF": "filter traffic between networks",
    "D3-MFA": "ask for a second factor",
    "D3-SPP": "strong passwords",
    "D3-AL": "lock accounts after failed attempts",
    "D3-UAP": "narrow rights of accounts",
    "D3-SU": "update software",
    "D3-ACH": "harden configuration of applications",
    "D3-DQSA": "look at queries",
    "D3-SRA": "judge senders of mail",
    "D3-MENCR": "encrypt messages",
    "D3-ET": "encrypted tunnels",
    "D3-CRO": "rotate credentials",
    "D3-CTS": "bind credentials to where they are sent",
    "D3-RTSD": "notice remote terminal sessions",
    "D3-ANAA": "watch administration on the network",
    "D3-BDI": "separate networks",
    "D3-FE": "encrypt files",
    "D3-EAL": "list allowed programs",
}
PUBLIC = Technique("T1190", "exploit a service that faces the internet", ("D3-ITF", "D3-SU", "D3-ACH"))
REMOTE_FAULT = Technique("T1210", "exploit a fault of a service inside", ("D3-SU", "D3-NTF", "D3-BDI"))
VALID = Technique("T1078", "sign in with a stolen or guessed account", ("D3-MFA", "D3-SPP", "D3-AL"))
GATE = Technique("T1133", "come in by a remote access service", ("D3-MFA", "D3-ITF", "D3-RTSD"))
PHISHING = Technique("T1566", "deceive a person", ("D3-SRA", "D3-EAL"))
TRUSTED = Technique("T1199", "come in through a partner", ("D3-UAP", "D3-NTF"))
TOKEN = Technique("T1528", "use a stolen token", ("D3-CRO", "D3-CTS"))
DATABASE = Technique("T1213.006", "take data out of a database", ("D3-DQSA", "D3-UAP", "D3-FE"))
REPOSITORY = Technique("T1213", "take data out of a store", ("D3-UAP", "D3-FE"))
SNIFF = Technique("T1040", "read what is sent in clear", ("D3-MENCR", "D3-ET"))
DEPLOY = Technique("T1072", "use the tool that manages systems", ("D3-ANAA", "D3-MFA", "D3-UAP"))
REMOTE: Mapping[str, Technique] = {
    "ssh": Technique("T1021.004", "move on by SSH", ("D3-RTSD", "D3-MFA", "D3-NTF")),
    "rdp": Technique("T1021.001", "move on by remote desktop", ("D3-RTSD", "D3-MFA", "D3-NTF")),
    "smb": Technique("T1021.002", "move on by shared drives", ("D3-NTF", "D3-UAP")),
    "winrm": Technique("T1021.006", "move on by remote management", ("D3-ANAA", "D3-NTF")),
}
DATABASES = frozenset({"postgresql", "mysql", "mssql", "mongodb", "redis"})
GATES = frozenset({"ssh", "rdp", "vpn", "winrm"})


def techniques(hop: Hop, source: Component, target: Component, *, is_entry: bool) -> tuple[Technique, ...]:
    """What an attacker would do, the way in first; `is_entry`: the source is where attackers begin."""
    found = tuple(_all(hop, source, target, is_entry=is_entry))
    return tuple(dict.fromkeys(found))


def _all(hop: Hop, source: Component, target: Component, *, is_entry: bool) -> Iterator[Technique]:
    flow = hop.flow
    way_in = _way_in(hop, source, target, is_entry=is_entry)
    if way_in is not None:
        yield way_in
    if flow is not None and target.kind != "user":
        if flow.authentication in {"password", "mfa"}:
            yield VALID
        elif flow.authentication == "token":
            yield TOKEN
    if target.kind == "store":
        yield DATABASE if flow is not None and flow.protocol in DATABASES else REPOSITORY
    if flow is not None and is_clear(flow) and target.kind != "user":
        yield SNIFF


def _way_in(hop: Hop, source: Component, target: Component, *, is_entry: bool) -> Technique | None:
    """How the component is entered; None when signing in is all it takes."""
    protocol = hop.flow.protocol if hop.flow is not None else ""
    if target.kind == "user":
        return PHISHING
    if protocol in REMOTE or protocol in GATES:
        return GATE if is_entry else REMOTE.get(protocol, GATE)
    if is_entry:
        return PUBLIC if target.kind in {"gateway", "service"} else _by_sign_in(hop)
    outside = {"management": DEPLOY, "external": TRUSTED}
    return outside.get(source.kind) or _by_sign_in(hop)


def _by_sign_in(hop: Hop) -> Technique | None:
    is_open = hop.flow is None or hop.flow.authentication in {"none", "network"}
    return REMOTE_FAULT if is_open else None
