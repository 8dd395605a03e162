"""Adds what people know to what was found: titles, owners, tags, licences, sensitivity."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.catalog.entries import SENSITIVITIES
from studio_magics.tools.typed_yaml import nearest

if TYPE_CHECKING:
    from studio_magics.tools.data.catalog.entries import Catalogue, Dataset
    from studio_magics.tools.data.catalog.inputs import About, DatasetAbout

WIDE = 30
LARGE = 1_000_000


def describe(catalogue: Catalogue, about: About) -> None:
    """Put the descriptions to their datasets.

    Raises:
        InputRejected: A dataset or column that is described is not there.
    """
    catalogue.name, catalogue.description = about.name, about.description
    known = {dataset.name: dataset for dataset in catalogue.datasets}
    for name, said in about.datasets.items():
        if name not in known:
            _refuse(f"dataset '{name}'", nearest(name, list(known)))
        columns = [column.name for column in known[name].columns]
        for column in said.columns:
            if column not in columns:
                _refuse(f"column '{column}' of '{name}'", nearest(column, columns))
    catalogue.datasets = [
        _described(dataset, about.datasets.get(dataset.name), about) for dataset in catalogue.datasets
    ]


def _refuse(found: str, allowed: str) -> NoReturn:
    raise InputRejected("about", found=f"no {found}", allowed=allowed, action="check the name")


def _described(dataset: Dataset, said: DatasetAbout | None, about: About) -> Dataset:
    written = said.columns if said else {}
    columns = tuple(replace(one, description=written.get(one.name, "")) for one in dataset.columns)
    level = said.sensitivity if said else None
    found = replace(dataset, columns=columns).found_sensitivity
    tags = dict.fromkeys([*about.tags, *(said.tags if said else ()), *_tags(dataset)])
    return replace(
        dataset,
        columns=columns,
        title=(said.title if said else "") or _title(dataset.name),
        description=said.description if said else "",
        owner=(said.owner if said else "") or about.owner,
        licence=(said.licence if said else "") or about.licence,
        tags=tuple(tags),
        said=level,
        sensitivity=max(level or "internal", found, key=SENSITIVITIES.index)
        if found != "internal"
        else level or "internal",
    )


def _title(name: str) -> str:
    words = re.sub(r"[_\-.:]+", " ", name.rpartition(":")[2]).strip()
    return words[:1].upper() + words[1:]


def _tags(dataset: Dataset) -> list[str]:
    """Tags that follow from the columns."""
    kinds = {one.kind for one in dataset.columns}
    found: list[str] = []
    if kinds & {"date", "timestamp"}:
        found.append("time")
    if any(one.personal == "Coordinates" or one.name.lower() in {"lat", "lon"} for one in dataset.columns):
        found.append("places")
    if any(one.personal for one in dataset.columns):
        found.append("personal-data")
    if len(dataset.columns) > WIDE:
        found.append("wide")
    if dataset.rows > LARGE:
        found.append("large")
    return found
