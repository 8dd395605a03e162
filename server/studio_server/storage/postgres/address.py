"""Where the database is: an address that is used to connect, and a name that may be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict

from studio_server.storage.errors import AddressInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMES = ("postgresql://", "postgres://")
DEFAULTS: Mapping[str, str | int] = {
    "application_name": "studio-server",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "target_session_attrs": "any",
}
"""What an address does not say itself: a dead network is noticed within about 15 s."""


@dataclass(frozen=True)
class Address:
    """`name` may be shown and logged; `parameters` may hold a password and are not."""

    name: str
    parameters: Mapping[str, str | int] = field(repr=False)


def address_of(url: str) -> Address:
    """Read an address such as postgresql://user@host:5432/database.

    Raises:
        AddressInvalid: it is none; its text is not repeated.
    """
    said = _read(url) if url.startswith(SCHEMES) else None
    if said is None:
        raise AddressInvalid("it is not of this form")
    return Address(_name(said), {**DEFAULTS, **said})


def _read(url: str) -> dict[str, str | int] | None:
    """What the address says, or None: the driver's error repeats the address and goes no further."""
    try:
        return {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    except (psycopg.ProgrammingError, UnicodeError):
        return None


def _name(said: Mapping[str, str | int]) -> str:
    user = f"{said['user']}@" if "user" in said else ""
    port = f":{said['port']}" if "port" in said else ""
    return f"postgresql://{user}{said.get('host', '')}{port}/{said.get('dbname', '')}"
