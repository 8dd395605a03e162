# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""The result as a whole: valid OpenLineage, the same every time, safe to show, and as dear as forecast."""

import json
import logging
from xml.etree import ElementTree as ET

import pytest
from fakes.measuring import assert_near, measured, warm_run
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.generated import column_lineage_dataset, job_type_job, schema_dataset, sql_job

from studio_magics.tools.data.lineage import TOOL

HOSTILE = "<script>alert('x')</script>"


def _facet(kind, written):
    """Build the facet with the standard's own class; an unknown field or a wrong address fails."""
    content = {name: value for name, value in written.items() if not name.startswith("_")}
    made = kind(**content, producer=written["_producer"])
    assert made._schemaURL == written["_schemaURL"]
    return made


def _columns(written):
    fields = {
        name: column_lineage_dataset.Fields(
            inputFields=[_input(one) for one in value["inputFields"]],
            **{key: other for key, other in value.items() if key != "inputFields"},
        )
        for name, value in written["fields"].items()
    }
    shaping = [_input(one) for one in written["dataset"]]
    return _facet(
        column_lineage_dataset.ColumnLineageDatasetFacet, {**written, "fields": fields, "dataset": shaping}
    )


def _input(written):
    ways = [column_lineage_dataset.Transformation(**way) for way in written["transformations"]]
    assert all(way.type in {"DIRECT", "INDIRECT"} for way in ways)
    return column_lineage_dataset.InputField(**{**written, "transformations": ways})


def _schema(written):
    fields = [schema_dataset.SchemaDatasetFacetFields(**one) for one in written["fields"]]
    return _facet(schema_dataset.SchemaDatasetFacet, {**written, "fields": fields})


def _event(written):
    """The event as an object of OpenLineage's own client, which checks times, identifiers and addresses."""
    kinds = {
        "sql": lambda one: _facet(sql_job.SQLJobFacet, one),
        "jobType": lambda one: _facet(job_type_job.JobTypeJobFacet, one),
        "schema": _schema,
        "columnLineage": _columns,
    }

    def built(kind, dataset):
        facets = {name: kinds[name](one) for name, one in dataset["facets"].items()}
        return kind(**{**dataset, "facets": facets})

    event = RunEvent(
        eventTime=written["eventTime"],
        producer=written["producer"],
        eventType=RunState[written["eventType"]],
        run=Run(**written["run"]),
        job=built(Job, written["job"]),
        inputs=[built(InputDataset, one) for one in written["inputs"]],
        outputs=[built(OutputDataset, one) for one in written["outputs"]],
    )
    assert event.schemaURL == written["schemaURL"]
    assert set(written) <= {*event.__dict__} | {one.name for one in event.__attrs_attrs__}
    return event


def test_every_event_is_valid_openlineage_and_holds_the_columns(trace, context, shop):
    trace(shop, namespace="shop://db")
    lines = context.artefacts["openlineage.ndjson"].decode().splitlines()
    events = [_event(json.loads(line)) for line in lines]
    assert [event.job.name for event in events] == ["paid", "by_customer", "report"]
    [total] = events[1].outputs[0].facets["columnLineage"].fields["total"].inputFields
    assert (total.namespace, total.name, total.field) == ("shop://db", "paid", "amount")
    assert [(way.type, way.subtype) for way in total.transformations] == [("DIRECT", "AGGREGATION")]
    [status] = events[0].outputs[0].facets["columnLineage"].dataset
    assert (status.field, status.transformations[0].subtype) == ("status", "FILTER")
    assert [one.type for one in events[0].inputs[0].facets["schema"].fields][2] == "DECIMAL(10, 2)"


@pytest.mark.parametrize(
    "damage",
    [
        {"eventTime": "yesterday"},
        {"run": {"runId": "not-a-uuid", "facets": {}}},
        {"schemaURL": "https://openlineage.io/spec/0-0-1/OpenLineage.json#/$defs/RunEvent"},
        {"outputs": [{"namespace": "a", "name": "b", "facets": {}, "colour": "red"}]},
    ],
)
def test_the_check_of_events_notices_damage(trace, context, shop, damage):
    trace(shop)
    event = json.loads(context.artefacts["openlineage.ndjson"].decode().splitlines()[0])
    with pytest.raises((ValueError, TypeError, AssertionError)):
        _event(event | damage)


def test_the_same_input_and_time_give_the_same_bytes(trace, context, shop):
    first, files = trace(shop, change="orders.amount"), dict(context.artefacts)
    assert trace(shop, change="orders.amount") == first
    assert context.artefacts == files


def test_hostile_names_stay_text_in_pictures_and_diagrams(trace, context):
    name = HOSTILE.replace('"', "")
    result = trace(f'CREATE VIEW "{name}" AS SELECT t."{name}" FROM "{name}2" t;', change=f"{name}2.{name}")
    for figure in result.figures:
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(figure.svg).iter()}
        assert tags <= {"svg", "title", "desc", "g", "rect", "path", "polygon", "text"}
        assert "<script" not in (figure.mermaid or "")
    assert b"<script" not in context.artefacts["lineage.mmd"]


def test_no_piece_of_the_sql_is_written_to_a_log(trace, caplog):
    with caplog.at_level(logging.DEBUG, logger="sqlglot"):
        trace("GRANT secret_word ON x TO y WITH odd; SELECT t.a FROM t;")
    assert "secret_word" not in caplog.text


def test_a_deep_or_huge_text_is_refused_or_read_but_never_breaks_the_tool(trace, found):
    deep = "SELECT " + "(" * 3_000 + "1" + ")" * 3_000
    result = trace(f"SELECT t.a FROM t; {deep}")
    assert result.summary["statements"] >= 1
    wide = "SELECT " + ", ".join(f"t.c{place}" for place in range(2_000)) + " FROM t"
    assert trace(wide).summary["column_links"] == 2_000


@pytest.mark.measures_time
@pytest.mark.parametrize("copies", [1, 150])
def test_the_forecast_is_near_what_a_metered_run_uses(context, shop, copies):
    names = ("shop.orders", "customers", "paid", "by_customer", "report")
    text = ""
    for number in range(copies):
        piece = shop
        for name in names:
            piece = piece.replace(name, f"{name}_{number}")
        text += piece.replace("FROM orders", f"FROM orders_{number}")
    inputs = TOOL.input_model(source=context.put("shop.sql", text))
    expected = TOOL.forecast(inputs)
    cpu_ms, peak_bytes = warm_run(TOOL.id, inputs, context.path)
    print(f"{len(text)} bytes: measured {cpu_ms} ms, {peak_bytes / 1e6:.0f} MB; forecast {expected}")
    assert_near(expected, cpu_ms, peak_bytes)


def test_importing_the_tool_imports_no_parser():
    code = "import sys, studio_magics.tools.data.lineage; sys.exit('sqlglot' in sys.modules)"
    measured(["-c", code])
