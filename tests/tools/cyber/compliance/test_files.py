"""Files in standard formats, escaping, forecasts, and the same answer everywhere."""

import json
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from running import assert_forecast_is_near, on_a_server, run_example

sys.path.insert(0, str(Path(__file__).parent))

from audit_statements import HEAD

from studio_magics.tools.base import RunCancelled
from studio_magics.tools.cyber.compliance import TOOL

ID = TOOL.id


def test_results_and_plan_are_valid_oscal(context):
    from trestle.oscal.assessment_results import AssessmentResults
    from trestle.oscal.poam import PlanOfActionAndMilestones

    result = run_example(ID, context)
    written = json.loads(context.artefacts["assessment-results.oscal.json"])["assessment-results"]
    results = AssessmentResults.parse_obj(written)
    assert [one.title[:4] for one in results.results] == ["NIST", "ISO/", "Trus", "CIS "]
    states = {one.target.target_id: str(one.target.status.state.value) for one in results.results[3].findings}
    assert states["CIS-6.3"] == "satisfied"
    assert states["CIS-8.1"] == "not-satisfied"
    observed = {one.uuid for each in results.results for one in each.observations or []}
    named = {
        one.observation_uuid
        for each in results.results
        for finding in each.findings
        for one in finding.related_observations or []
    }
    assert named <= observed
    plan = json.loads(context.artefacts["plan.oscal.json"])["plan-of-action-and-milestones"]
    items = PlanOfActionAndMilestones.parse_obj(plan).poam_items
    assert len(items) >= len(result.summary["fix_first"])


def test_results_without_what_was_reviewed_are_not_valid_oscal(context):
    from trestle.oscal.assessment_results import AssessmentResults

    run_example(ID, context)
    written = json.loads(context.artefacts["assessment-results.oscal.json"])["assessment-results"]
    del written["results"][0]["reviewed-controls"]
    with pytest.raises(ValueError, match="reviewed"):
        AssessmentResults.parse_obj(written)


def test_an_empty_statement_still_makes_valid_oscal(audit, context):
    from trestle.oscal.assessment_results import AssessmentResults
    from trestle.oscal.poam import PlanOfActionAndMilestones

    audit(HEAD)
    read = {name: json.loads(content) for name, content in context.artefacts.items() if name.endswith("json")}
    AssessmentResults.parse_obj(read["assessment-results.oscal.json"]["assessment-results"])
    PlanOfActionAndMilestones.parse_obj(read["plan.oscal.json"]["plan-of-action-and-milestones"])


def test_formulas_and_markup_in_notes_stay_text(audit, controls, context):
    from xml.etree import ElementTree as ET

    result = audit(
        HEAD.replace("Shop", "'A & \"B\" | C'") + "practices: {mfa: {status: partly, note: '=1+1 | x'}}"
    )
    assert all(not row["because"].startswith("=") for row in controls().values())
    assert "mfa: partly" in controls()["CIS-6.3"]["because"]
    assert r"\| C" in context.artefacts["report.md"].decode()
    for figure in result.figures:
        ET.fromstring(figure.svg)  # noqa: S314  - written by the code under test


def test_a_formula_in_a_note_of_a_control_is_quoted(audit, controls):
    audit(HEAD + "controls: {A.5.1: {status: partly, note: '=1+1'}}")
    assert controls()["A.5.1"]["because"] == "'=1+1"


def test_a_fresh_worker_gives_the_same_answer(context):
    inputs = TOOL.input_model(statement=TOOL.example.split("\n", 1)[1])
    assert on_a_server(ID, context, inputs) == TOOL.run(inputs, context)


@pytest.mark.measures_time
@pytest.mark.parametrize("size", ["small", "large"])
def test_the_forecast_is_near_what_a_metered_run_uses(context, size):
    text = TOOL.example.split("\n", 1)[1]
    if size == "large":
        text = (
            HEAD
            + "cis_group: 3\nevidence:\n"
            + "".join(
                f"  - {{id: E{i}, title: Number {i}, date: 2026-02-01, shows: [mfa, A.5.{1 + i % 37}]}}\n"
                for i in range(500)
            )
        )
    assert_forecast_is_near(ID, context, TOOL.input_model(statement=text))


def test_the_statement_of_studio_is_read_and_judged(context):
    text = files("studio_magics.tools.cyber.compliance").joinpath("studio.yaml").read_text()
    result = TOOL.run(TOOL.input_model(statement=text), context)
    assert result.summary["fix_first"][0] == "mfa"
    assert result.summary["frameworks"]["soc-2"]["met"] > 5


def test_a_cancelled_run_leaves_no_file(context):
    context.cancels_at = 0.5
    with pytest.raises(RunCancelled):
        run_example(ID, context)
    assert context.artefacts == {}
