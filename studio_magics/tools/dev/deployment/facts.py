"""Regions and list prices: a dated table, and a newer one that may be given to a run."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.base import InputRejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.base import RunContext

MAX_BYTES = 500_000
STALE_DAYS = 365


@dataclass(frozen=True)
class Facts:
    """What is known of the providers, and since when."""

    as_of: date
    regions: Mapping[str, Mapping[str, str]]
    """Provider → region → where it lies."""
    prices: Mapping[str, Mapping[str, Mapping[str, float]]]


def read_facts(newer: InputFile | None, context: RunContext) -> Facts:
    """The embedded table, with the tables of a newer one in place of its own.

    Raises:
        InputRejected: The newer one is no such table.
    """
    known = _parsed(files("studio_magics.tools.dev.deployment").joinpath("facts.toml").read_text("utf-8"))
    if newer is None:
        return known
    if newer.size_bytes > MAX_BYTES:
        raise _refused(f"{newer.size_bytes:,} bytes")
    try:
        other = _parsed(context.path(newer).read_text("utf-8"))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _refused(f"{type(error).__name__}: {str(error)[:100]}") from error
    return Facts(other.as_of, {**known.regions, **other.regions}, {**known.prices, **other.prices})


def _parsed(text: str) -> Facts:
    value: dict[str, Any] = tomllib.loads(text)
    as_of = value["as_of"]
    if not isinstance(as_of, date):
        message = "as_of is no date"
        raise TypeError(message)
    regions = cast("dict[str, dict[str, Any]]", value.get("regions", {}))
    prices = cast("dict[str, dict[str, dict[str, Any]]]", value.get("prices", {}))
    return Facts(
        as_of,
        {name: {key: str(where) for key, where in rows.items()} for name, rows in regions.items()},
        {
            name: {region: {meter: _price(one) for meter, one in row.items()} for region, row in rows.items()}
            for name, rows in prices.items()
        },
    )


def _price(value: Any) -> float:
    price = float(value)
    if not 0 <= price < 1e9:  # noqa: PLR2004  - a bound against nonsense
        message = f"{price} is no price"
        raise ValueError(message)
    return price


def _refused(found: str) -> InputRejected:
    return InputRejected(
        "facts",
        found=found,
        allowed="TOML with as_of, [regions.…] and [prices.…] as in facts.toml",
        action="start from the embedded facts.toml",
    )
