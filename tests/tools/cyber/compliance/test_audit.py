"""How answers and evidence become statuses, and what is fixed first; worked out by hand."""

import json
import sys
from pathlib import Path

import pytest
from running import table

sys.path.insert(0, str(Path(__file__).parent))

from audit_statements import HEAD, SHOWN


def codes(result, code):
    return [one for one in result.findings if one.code == code]


def test_a_practice_that_is_shown_meets_controls_of_four_frameworks(audit, controls):
    audit(SHOWN)
    found = controls()
    assert found["CIS-6.3"]["status"] == "met"  # asks for the second factor and nothing else
    assert {found[one]["status"] for one in ("PR.AA-03", "A.8.5", "CIS-6.4")} == {"partly"}  # ask for more
    assert found["CIS-6.3"]["evidence"] == "E1"


def test_what_is_said_without_evidence_is_partly_met_and_named(audit, controls):
    result = audit(SHOWN.replace(", shows: [mfa]", ""))
    assert controls()["CIS-6.3"]["status"] == "partly"
    assert codes(result, "said-not-shown")[0].where == "mfa"
    assert codes(audit(SHOWN), "said-not-shown") == []


def test_evidence_from_before_the_period_counts_for_nothing(audit, controls):
    result = audit(SHOWN.replace("2026-02-01", "2025-12-31"))
    assert controls()["CIS-6.3"]["status"] == "partly"
    assert codes(result, "evidence-outside-period")[0].where == "E1"


def test_a_policy_counts_for_a_year_and_other_records_do_not(audit, controls):
    statement = SHOWN.replace("end: 2026-12-31", "end: 2026-03-01").replace("2026-02-01", "2025-04-01")
    audit(statement.replace("kind: configuration", "kind: policy"))
    assert controls()["CIS-6.3"]["status"] == "met"
    audit(statement)
    assert controls()["CIS-6.3"]["status"] == "partly"


def test_an_answer_on_a_control_wins_over_its_practices(audit, controls):
    audit(SHOWN + "controls: {CIS-6.3: {status: not-met, note: old portal}}")
    row = controls()["CIS-6.3"]
    assert (row["status"], row["basis"], row["because"]) == ("not-met", "answered", "old portal")


def test_nothing_said_is_not_assessed_and_never_a_gap(audit, controls):
    result = audit(HEAD)
    assert {row["status"] for row in controls().values()} == {"not-assessed"}
    assert table(result, "Gaps") == []
    assert result.score == 0
    assert len(codes(result, "not-assessed")) == 4


def test_the_score_counts_half_for_partly_and_leaves_out_what_is_not_applicable(audit):
    # of 8 people controls 2 met, 1 partly, 1 not applicable, 4 silent; the other 85 silent: 2.5 / 92 = 2.7 %
    result = audit(
        """
frameworks: iso-27001
evidence: [{id: E, title: t, date: 2026-02-01, shows: [A.6.1, A.6.2]}]
controls: {A.6.1: met, A.6.2: met, A.6.3: partly, A.6.4: {status: not-applicable, note: n}}
"""
    )
    assert table(result, "Frameworks")[0][1:8] == (93, 2, 1, 0, 1, 89, 3)


def test_the_first_fix_takes_most_weighted_gaps_for_its_effort(audit):
    # roles: 7 controls of which GV.RR-01, CC1.5 and CIS-17.1 need another practice too: 4 + 3/2 = 5.5 points,
    # x importance 3 / effort 1 = 16.5.  session-lock: A.7.7 shared, CIS-4.3 alone: 1.5 x 1 / 1 = 1.5
    result = audit(HEAD + "practices: {roles: not-met, session-lock: not-met}")
    rows = {row[1]: row for row in table(result, "What to fix first")}
    assert next(iter(rows)) == "roles"
    assert rows["roles"][6:8] == (7, 16.5)
    assert rows["session-lock"][6:8] == (2, 1.5)


def test_the_first_question_is_the_practice_that_settles_most_controls(audit):
    first, second = table(audit(HEAD), "What to ask next")[:2]
    assert first[2] >= second[2]
    asked = {row[0] for row in table(audit(SHOWN), "What to ask next")}
    assert "mfa" not in asked


def test_a_met_control_is_named_beside_unanswered_ones_that_share_its_practice(audit, controls):
    audit(HEAD + "evidence: [{id: E, title: t, date: 2026-02-01, shows: A.8.13}]\ncontrols: {A.8.13: met}")
    row = controls()["PR.DS-11"]
    assert (row["status"], row["related_and_met_elsewhere"]) == ("not-assessed", "A.8.13")


def test_dates_that_passed_are_told_by_the_clock_of_the_run(audit, context):
    late = HEAD + "practices: {mfa: {status: not-met, due: 2026-03-02}}"
    assert codes(audit(late), "overdue") == []  # the run is on 2026-03-01
    context.now = context.now.replace(day=3)
    assert codes(audit(late), "overdue")


def test_an_exclusion_needs_a_reason(audit):
    without = HEAD + "controls: {A.7.4: not-applicable}"
    assert codes(audit(without), "exclusion-without-reason")[0].where == "A.7.4"
    assert (
        codes(
            audit(without.replace("not-applicable", "{status: not-applicable, note: rented}")),
            "exclusion-without-reason",
        )
        == []
    )


def sarif(level, **more):
    results = [{"ruleId": "S1", "level": level, "message": {"text": "x"}, **more}]
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": results}]})


SCANNED = (
    HEAD
    + """
evidence: [{id: E, title: SAST, date: 2026-02-01, kind: scan, file: scan.sarif, shows: application-testing}]
practices: {application-testing: met}
"""
)


def test_open_errors_in_a_scan_speak_against_met(audit, controls):
    result = audit(SCANNED, {"scan.sarif": sarif("error")})
    assert controls()["A.8.29"]["status"] == "partly"
    assert codes(result, "contradicted")[0].severity == "critical"


RULES = [{"id": "quiet"}, {"id": "A", "defaultConfiguration": {"level": "error"}}]


def _run(result, **tool):
    return {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x", **tool}}, "results": [result]}]}


def _in_extension(result):
    tool = {"driver": {"name": "x", "rules": RULES[:1]}, "extensions": [{"name": "pack", "rules": RULES}]}
    return {"version": "2.1.0", "runs": [{"tool": tool, "results": [result]}]}


@pytest.mark.parametrize(
    ("content", "counts"),
    [  # SARIF 2.1.0, 3.27.10: without a level, that of the rule; 3.35.3: a suppression may be refused
        (_run({"ruleId": "A"}, rules=RULES), True),
        (_run({"ruleId": "A/sub"}, rules=RULES), True),
        (_run({"ruleIndex": 1}, rules=RULES), True),
        (_run({"ruleIndex": 0}, rules=RULES), False),
        (_run({"ruleId": "A", "level": "note"}, rules=RULES), False),
        (_run({"ruleId": "A"}), False),
        (_in_extension({"rule": {"index": 1, "toolComponent": {"index": 0}}}), True),
        (_in_extension({"ruleId": "A"}), True),
        (_run({"level": "error", "suppressions": [{"kind": "external", "status": "rejected"}]}), True),
        (_run({"level": "error", "suppressions": [{"kind": "external", "status": "accepted"}]}), False),
        (_run({"level": "error", "suppressions": []}), True),
        (_run({"level": "error", "baselineState": "absent"}), False),
        (_run({"level": "error", "kind": "pass"}), False),
    ],
)
def test_an_error_of_a_scan_counts_as_the_standard_says(audit, content, counts):
    result = audit(SCANNED, {"scan.sarif": json.dumps(content)})
    assert bool(codes(result, "contradicted")) is counts


@pytest.mark.parametrize(
    ("rating", "counts"),
    [
        ({"severity": "high"}, True),
        ({"score": 9.8, "method": "CVSSv31"}, True),
        ({"score": 6.9, "method": "CVSSv31"}, False),
        ({"score": 9.8, "method": "OWASP"}, False),
        ({"score": 9.8, "severity": "medium"}, False),
    ],
)
def test_a_vulnerability_is_grave_by_its_word_or_by_its_score(audit, rating, counts):
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.5", "vulnerabilities": [{"ratings": [rating]}]}
    result = audit(SCANNED.replace("scan.sarif", "bom.json"), {"bom.json": json.dumps(bom)})
    assert bool(codes(result, "contradicted")) is counts


@pytest.mark.parametrize("content", [sarif("note"), sarif("error", suppressions=[{"kind": "external"}])])
def test_notes_and_suppressed_errors_do_not(audit, controls, content):
    result = audit(SCANNED, {"scan.sarif": content})
    assert controls()["A.8.29"]["status"] == "met"
    assert codes(result, "contradicted") == []


@pytest.mark.parametrize(
    ("state", "status"), [("exploitable", "partly"), ("not_affected", "met"), ("resolved", "met")]
)
def test_a_grave_vulnerability_speaks_against_met_until_it_is_closed(audit, controls, state, status):
    bom = {
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "vulnerabilities": [{"id": "CVE-1", "ratings": [{"severity": "high"}], "analysis": {"state": state}}],
    }  # fmt: skip
    statement = (
        HEAD
        + """
evidence: [{id: VEX, title: Scan, date: 2026-02-01, kind: scan, file: bom.cdx.json, shows: CIS-7.5}]
controls: {CIS-7.5: met}
cis_group: 2
"""
    )
    audit(statement, {"bom.cdx.json": json.dumps(bom)})
    assert controls()["CIS-7.5"]["status"] == status


def test_a_component_definition_documents_controls_and_shows_no_operation(audit, controls):
    need = {"control-implementations": [{"implemented-requirements": [{"control-id": "A.5.1"}]}]}
    document = {"component-definition": {"components": [need]}}
    statement = HEAD + "evidence: [{id: D, title: Policies, date: 2026-02-01, kind: policy, file: d.json}]"
    audit(statement, {"d.json": json.dumps(document)})
    row = controls()["A.5.1"]
    assert (row["status"], row["basis"]) == ("partly", "documented")


def test_files_of_other_formats_are_named_as_not_read(audit):
    statement = SHOWN.replace("shows: [mfa]", "shows: [mfa], file: shot.png")
    result = audit(statement, {"shot.png": b"\x89PNG\r\n\x1a\n"})
    assert any("shot" not in one and "E1" in one and "not read" in one for one in result.not_checked)


def test_an_earlier_run_tells_what_got_better_and_worse(audit, context):
    audit(SHOWN + "controls: {A.7.4: {status: partly}}")
    before = context.keep("a.json", context.artefacts["assessment-results.oscal.json"])
    result = audit(
        SHOWN.replace("mfa: met", "mfa: not-met") + "controls: {A.7.4: {status: not-met}}", previous=before
    )
    assert "A.7.4" in codes(result, "worse")[0].where
    assert codes(audit(SHOWN, previous=before), "worse") == []


def test_groups_and_categories_decide_what_is_in_scope(audit, controls):
    audit("frameworks: [cis-8.1, soc-2]\ncis_group: 3\nsoc_categories: [security, privacy]")
    assert sum(row["framework"] == "CIS" for row in controls().values()) == 153
    assert sum(row["framework"] == "SOC 2" for row in controls().values()) == 33 + 18
    audit("frameworks: [cis-8.1, soc-2]")
    assert len(controls()) == 56 + 33


@pytest.mark.parametrize(("deadline", "status"), [("2026-12-30", "partly"), ("2027-01-01", "met")])
def test_a_risk_past_its_deadline_in_an_oscal_plan_speaks_against_met(audit, controls, deadline, status):
    risks = [
        {"status": "open", "deadline": f"{deadline}T00:00:00Z"},
        {"status": "closed", "deadline": "2026-01-01"},
    ]
    plan = {"plan-of-action-and-milestones": {"risks": risks}}
    statement = HEAD + (
        "evidence: [{id: R, title: Register, date: 2026-02-01, file: plan.json, shows: risk-assessment}]\n"
        "practices: {risk-assessment: met}"
    )
    audit(statement, {"plan.json": json.dumps(plan)})
    assert controls()["CC3.2"]["status"] == status  # the period ends on 2026-12-31
