"""The lineage as files: OpenLineage events, one per statement, and the whole model as JSON."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from studio_magics.tools.data.lineage.identity import TOOL_ID, VERSION
from studio_magics.tools.data.lineage.tracing import DIRECT, STAR

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from studio_magics.tools.data.lineage.changing import Change
    from studio_magics.tools.data.lineage.model import Lineage, Step
    from studio_magics.tools.data.lineage.tracing import Use

PRODUCER = f"urn:studio:{TOOL_ID}:{VERSION}"
SPEC = "https://openlineage.io/spec"
EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = {
    "schema": f"{SPEC}/facets/1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet",
    "columnLineage": f"{SPEC}/facets/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet",
    "sql": f"{SPEC}/facets/1-1-0/SQLJobFacet.json#/$defs/SQLJobFacet",
    "jobType": f"{SPEC}/facets/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet",
}
FORMAT = "studio-lineage/1"


def open_lineage(lineage: Lineage, *, namespace: str, at: datetime, seed: str) -> bytes:
    """One COMPLETE event per statement, as JSON lines; the identifiers of runs follow from `seed`."""
    lines = [
        json.dumps(_event(step, lineage, namespace, at, seed), ensure_ascii=False, sort_keys=True)
        for step in lineage.steps
    ]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _facet(name: str, **content: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": FACETS[name], **content}


def _event(step: Step, lineage: Lineage, namespace: str, at: datetime, seed: str) -> dict[str, Any]:
    run = uuid5(NAMESPACE_URL, f"{PRODUCER}:{seed}:{namespace}:{step.name}")
    kind = _facet("jobType", processingType="BATCH", integration="STUDIO", jobType="QUERY")
    inputs = [
        {"namespace": namespace, "name": name, "facets": _schema(name, lineage)}
        for name in sorted(step.reads)
    ]
    facets = {**_schema(step.target, lineage), "columnLineage": _columns(step, namespace)}
    return {
        "eventType": "COMPLETE",
        "eventTime": at.isoformat(),
        "run": {"runId": str(run), "facets": {}},
        "job": {
            "namespace": namespace,
            "name": step.name,
            "facets": {"sql": _facet("sql", query=step.sql), "jobType": kind},
        },
        "inputs": inputs,
        "outputs": [{"namespace": namespace, "name": step.target, "facets": facets}],
        "producer": PRODUCER,
        "schemaURL": EVENT,
    }


def _schema(name: str, lineage: Lineage) -> dict[str, Any]:
    fields = [
        {"name": column, **({"type": kind} if kind else {})}
        for column, kind in lineage.columns.get(name, {}).items()
        if column != STAR
    ]
    return {"schema": _facet("schema", fields=fields)} if fields else {}


def _columns(step: Step, namespace: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, uses in step.outputs:
        if name != STAR:
            before = fields.get(name, {}).get("inputFields", [])
            fields[name] = {"inputFields": before + _input_fields(uses, namespace)}
    return _facet("columnLineage", fields=fields, dataset=_input_fields(step.shaping, namespace))


def _input_fields(uses: Iterable[Use], namespace: str) -> list[dict[str, Any]]:
    ways: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for use in sorted(uses):
        if use.field.column != STAR:
            kind = "DIRECT" if use.how in DIRECT else "INDIRECT"
            ways[use.field].append({"type": kind, "subtype": use.how})
    return [
        {"namespace": namespace, "name": dataset, "field": column, "transformations": found}
        for (dataset, column), found in ways.items()
    ]


def as_json(lineage: Lineage, change: Change | None) -> bytes:
    """Datasets, statements and column edges; with the impact when a change was asked about."""
    document = {
        "format": FORMAT,
        "datasets": [
            {"name": name, "kind": lineage.kinds[name], "columns": lineage.columns.get(name, {})}
            for name in sorted(lineage.kinds)
        ],
        "statements": [
            {
                "name": step.name,
                "kind": step.kind,
                "where": str(step.place),
                "target": step.target,
                "reads": sorted(step.reads),
                "unplaced": list(step.unplaced),
            }
            for step in lineage.steps
        ],
        "edges": [
            {"from": list(edge.source), "to": list(edge.target), "how": edge.how, "by": edge.step}
            for edge in lineage.edges()
        ],
        "unparsed": [{"where": str(one.place), "why": one.message} for one in lineage.faults],
        "impact": None
        if change is None
        else [
            {"column": list(one.field), "takes_value": one.is_direct, "distance": one.distance}
            for one in change.impacts
        ],
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")
