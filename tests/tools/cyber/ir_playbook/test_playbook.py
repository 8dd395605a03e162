"""What is composed, what is wrong with a playbook, and how long rehearsals take; times worked out by hand."""

import json
import re
import sys
from pathlib import Path
from uuid import UUID

import pytest
from running import assert_forecast_is_near, on_a_server, run_example, table

sys.path.insert(0, str(Path(__file__).parent))

from cacao_schemas import faults
from small_playbooks import ASKING, FIXED, cacao, codes, damaged, step_of

from studio_magics.tools.base import InputRejected, RunCancelled
from studio_magics.tools.cyber.ir_playbook import TOOL

ID = TOOL.id


def times(result):
    return {row[0]: row[1:] for row in table(result, "Times")}


def test_one_person_does_parallel_steps_one_after_the_other(build):
    # 10 + 20 + 30 + 5
    assert times(build(FIXED))["the whole"][1:3] == (65.0, 65.0)


def test_two_people_do_them_side_by_side(build):
    # 10 + the longer of 20 and 30 + 5
    assert times(build(FIXED.replace("{name: one}", "{name: one, count: 2}")))["the whole"][1] == 45.0


def test_waiting_is_told_for_the_role_that_is_busy(build):
    rows = {row[0]: row for row in table(build(FIXED), "Roles")}
    # C is ready at 10 and B has the person until 30, or the other way round: 20 or 30 minutes
    assert rows["one"][2:4] == (60.0, 20.0)
    assert rows["two"][3] == 0.0


def test_a_goal_that_is_just_met_is_met_and_a_minute_less_is_missed(build):
    assert codes(build(FIXED), "goal-missed") == []
    (found,) = codes(build(FIXED.replace("done: 65", "done: 64")), "goal-missed")
    assert found.severity == "critical"
    assert "met in 0%" in found.title


def test_an_hour_without_the_only_person_costs_an_hour(build):
    rows = {row[0]: row for row in table(build(FIXED), "Roles")}
    assert rows["one"][4] == 60.0
    assert rows["two"][4] == 0.0  # comes back at 60, is needed at 60


def test_every_combination_of_answers_is_walked_once_with_its_chance(build):
    rows = table(build(ASKING), "Scenarios")
    # yes or no, again or not, red or blue
    assert len(rows) == 8
    # answers of the while: once and then not; a chance of 1 makes 'not' impossible
    by_answers = {row[5]: row for row in rows}
    key = "is it: yes; again: no; which: red"
    assert by_answers[key][1:4] == (0.0, 3, 30.0)


def test_a_while_with_certain_yes_stops_at_its_most(build):
    # A 10, B in 70 %, C three times, D in 20 %: between 40 and 60
    result = build(ASKING, answers={"is it": False, "which": "blue"})
    assert times(result)["the whole"][1:3] == (40.0, 40.0)


def test_fixed_answers_are_kept_in_every_rehearsal(build):
    result = build(ASKING, answers={"is it": True, "which": "red", "again": False})
    assert times(result)["the whole"][1:3] == (30.0, 30.0)
    assert len(table(result, "Scenarios")) == 1


def test_chances_are_met_within_four_standard_errors(build, context):
    build(ASKING.replace("chance: 1.0", "chance: 0.0"), rehearsals=2_000)
    found = json.loads(context.artefacts["rehearsal.json"])
    print(f"seed {found['seed']}")
    worked = found["roles"]["one"]["works"]
    # 10 + 0.7 x 10 + 0.2 x 10 = 19; deviation of one rehearsal: 10 x sqrt(0.21 + 0.16) = 6.08
    assert abs(worked - 19) < 4 * 6.08 / 2_000**0.5


def test_the_same_seed_gives_the_same_rehearsals_and_another_does_not(build):
    results = [build(template="ransomware", seed=seed).summary["median_minutes"] for seed in (1, 1, 2)]
    assert results[0] == results[1] != results[2]


@pytest.mark.parametrize("template", ["ransomware", "phishing", "data-breach"])
def test_templates_are_valid_cacao_and_have_no_fault(build, context, template):
    result = build(template=template)
    assert faults(json.loads(context.artefacts["playbook.cacao.json"])) == []
    assert {one.severity for one in result.findings} <= {"medium", "low", "info"}
    assert not codes(result, "nobody-is-told")


def test_the_example_is_valid_cacao(context):
    run_example(ID, context)
    assert faults(json.loads(context.artefacts["playbook.cacao.json"])) == []


def test_the_schemas_of_oasis_find_what_is_taken_out():
    document = cacao()
    del document["created_by"]
    key, _ = step_of(document, "A")
    del document["workflow"][key]["agent"]
    assert any("created_by" in one for one in faults(document))
    assert any("agent" in one for one in faults(document))


def test_identifiers_are_version_4_and_follow_from_the_text():
    one, other = cacao(), cacao()
    assert one == other
    names = [*one["workflow"], *one["agent_definitions"], one["id"]]
    assert all(UUID(name.split("--")[1]).version == 4 for name in names)
    assert len({name.split("--")[1] for name in names}) == len(names)


def test_every_branch_has_an_end_of_its_own(build):
    assert codes(build(ASKING), "end-shared") == []
    assert sum(1 for step in cacao(ASKING)["workflow"].values() if step["type"] == "end") == 6


def test_the_written_playbook_is_read_back_with_the_same_times(build, context):
    first = build(FIXED)
    written = context.artefacts["playbook.cacao.json"].decode()
    again = build(written)
    assert times(again) == times(first)
    assert build(json.loads(written)).tables == again.tables


def test_a_foreign_playbook_without_durations_takes_the_default(build):
    document = cacao(FIXED)
    for step in document["workflow"].values():
        step.pop("step_extensions", None)
    del document["playbook_extensions"], document["extension_definitions"]
    result = build(document, default_minutes=10)
    assert "4 steps say no duration" in codes(result, "durations-guessed")[0].title
    rows = table(result, "Run sheet of the likeliest way")
    assert max(row[2] for row in rows) == 40  # A, then B and C by one person, then D


def _lead_nowhere(document):
    del step_of(document, "D")[1]["on_completion"]


def _lead_back(document):
    step_of(document, "D")[1]["on_completion"] = step_of(document, "A")[0]


def _skip_d(document):
    step_of(document, "both")[1]["on_completion"] = step_of(document, "D")[1]["on_completion"]


def _share_end(document):
    b, c = step_of(document, "B")[1], step_of(document, "C")[1]
    b["on_completion"] = c["on_completion"]


def _forget_agent(document):
    step_of(document, "A")[1]["agent"] = "group--0c2f7f5e-9d5c-4a3e-8d6f-1b7a4f0e2c99"


def _use_variable(document):
    step_of(document, "A")[1]["commands"][0]["command"] = "look at __host__:value"


def _say_nothing(document):
    step_of(document, "A")[1]["commands"] = [{"type": "manual"}]


def _add_command(document):
    step_of(document, "A")[1]["commands"].append({"type": "bash", "command": "rm -rf /"})


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        (_lead_nowhere, "dead-end", "D"),
        (_lead_back, "endless-loop", "A"),
        (_skip_d, "unreachable", "D"),
        (_share_end, "end-shared", "End of both: 2"),
        (_forget_agent, "agent-missing", "A"),
        (_use_variable, "variable-missing", "__host__"),
        (_say_nothing, "nothing-to-do", "A"),
        (_add_command, "automatic-commands", "A"),
    ],
)
def test_what_a_schema_does_not_catch_is_found_and_a_good_playbook_has_none_of_it(build, change, code, where):
    document = damaged(change)
    assert faults(document) == [] or code == "nothing-to-do"
    (found,) = codes(build(document), code)
    assert where in found.where
    assert codes(build(cacao()), code) == []


def test_an_endless_loop_is_told_and_not_rehearsed(build):
    result = build(damaged(_lead_back))
    assert "not rehearsed" in result.headline
    assert result.summary["median_minutes"] == 0
    assert [figure.title for figure in result.figures] == ["Workflow"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda d: d.update(spec_version="cacao-1.1"), "spec_version 'cacao-1.1'"),
        (lambda d: d.pop("created_by"), "no 'created_by'"),
        (lambda d: d.update(workflow_start=step_of(d, "A")[0]), "which is no start step"),
        (lambda d: d.update(created="yesterday"), "created 'yesterday'"),
        (lambda d: d.update(id="playbook--1"), "id 'playbook--1'"),
        (lambda d: step_of(d, "A")[1].update(on_completion="action--x"), "leads to 'action--x'"),
        (lambda d: step_of(d, "A")[1].pop("commands"), "without 'commands'"),
        (lambda d: step_of(d, "A")[1].update(type="magic"), "of type 'magic'"),
        (lambda d: d.update(workflow={}), "a workflow of 0 steps"),
    ],
)
def test_a_broken_cacao_playbook_is_refused_when_the_price_is_asked(change, found):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(playbook=damaged(change))
    assert found in refusal.value.found


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("who: two", "who: tow", "'D' is done by 'tow', who is no role"),
        ("name: B,", "name: A,", "the step 'A' twice"),
        ("goals: {done: 65}", "goals: {over: 65}", "a goal for 'over'"),
        ("low: 5, likely: 5", "low: 9, likely: 5", "not in this order"),
        (", do: do d, who: two", ", who: two", "'D' has none of do"),
        (", do: do d, who: two", ", do: do d, if: x, who: two", "do and if"),
        (", who: two, minutes: {low: 5", ", minutes: {low: 5", "says not who"),
        ("roles: [", "rolls: [", "unknown key 'rolls'"),
        ("count: 2", "count: 0", "count '0'"),
    ],
)
def test_a_wrong_short_form_is_refused_when_the_price_is_asked(old, new, found):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(playbook=FIXED.replace(old, new, 1))
    assert found in f"{refusal.value.found} {refusal.value.allowed}"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, "neither"),
        ({"playbook": FIXED, "template": "phishing"}, "both"),
        ({"playbook": ASKING, "answers": {"is he": True}}, "'is he'"),
        ({"playbook": ASKING, "answers": {"which": "green"}}, "'which': 'green'"),
        ({"playbook": ASKING, "answers": {"is it": "perhaps"}}, "'is it': 'perhaps'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, found):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(**options)
    assert found in refusal.value.found


def test_the_run_sheet_has_boxes_questions_and_injected_events(build, context):
    build(template="ransomware")
    sheet = context.artefacts["run-sheet.md"].decode()
    assert sheet.count("| ☐ |") == 13
    assert "Are files encrypted by somebody who is not allowed to?" in sheet
    assert re.search(r"Minute 10: 'analyst' cannot be reached", sheet)


def test_the_workflow_picture_follows_branches_past_their_ends(build):
    told = build(ASKING).figures[0].alt_text
    assert "B → again" in told
    assert "is it → again (no)" in told
    assert "C → again" in told
    assert "again → which (no)" in told


def test_hostile_names_stay_text(build, context):
    from xml.etree import ElementTree as ET

    result = build(FIXED.replace("name: A,", "name: 'x\"]|`&amp;',"))
    for figure in result.figures:
        ET.fromstring(figure.svg)  # noqa: S314  - written by the code under test
    assert '"]|`' not in result.figures[0].mermaid
    assert "\\|\\`" in context.artefacts["run-sheet.md"].decode()


def test_kernel_and_server_give_the_same_answer(context):
    inputs = TOOL.input_model(template="ransomware")
    assert on_a_server(ID, context, inputs) == TOOL.run(inputs, context)


@pytest.mark.measures_time
@pytest.mark.parametrize(
    "options", [{"playbook": TOOL.example.split("\n", 1)[1]}, {"template": "ransomware", "rehearsals": 5_000}]
)
def test_the_forecast_is_near_what_a_metered_run_uses(context, options):
    inputs = TOOL.input_model(**options)
    assert_forecast_is_near(ID, context, inputs)
    assert TOOL.forecast(inputs).cpu_ms < 4_000


def test_a_cancelled_run_leaves_no_file(context):
    context.cancels_at = 0.3
    with pytest.raises(RunCancelled):
        run_example(ID, context)
    assert context.artefacts == {}
