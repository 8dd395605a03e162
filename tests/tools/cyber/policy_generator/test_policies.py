"""Which clauses facts ask for, which contradictions are found, what is refused; worked out by hand."""

import sys
from pathlib import Path

import pytest
from running import table

sys.path.insert(0, str(Path(__file__).parent))

from small_facts import FACTS

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.frameworks import practices
from studio_magics.tools.cyber.policy_generator import TOOL
from studio_magics.tools.cyber.policy_generator.facts import Settings
from studio_magics.tools.cyber.policy_generator.library import heads, templates


def codes(result):
    return {one.code for one in result.findings}


def clauses(result):
    return {row[0]: row for row in table(result, "Clauses")}


def test_facts_decide_which_clauses_are_there(write):
    assert "privacy-notice" in clauses(write(FACTS))
    assert "privacy-notice" not in clauses(write(FACTS.replace("personal, ", "")))
    assert {"use-not-own"} == {"use-own", "use-not-own"} & set(clauses(write(FACTS)))
    own = clauses(write(FACTS + "uses: own-devices"))
    assert {"use-own"} == {"use-own", "use-not-own"} & set(own)


def test_health_data_is_personal_data(write):
    assert {"privacy-notice", "privacy-health"} <= set(clauses(write(FACTS.replace("personal", "health"))))


def test_a_number_is_the_same_in_every_clause_that_states_it(write):
    found = clauses(write(FACTS + "settings: {deletion_days: 17, backup_days: 16}"))
    assert "within 17 days" in found["data-retention"][2]
    assert "kept 16 days" in found["continuity-backup"][2]


def test_facts_in_order_have_no_contradiction(write):
    assert write(FACTS).summary["contradictions"] == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("regulations: gdpr\nsettings: {notice_hours: 73}", "over-limit-notice-hours"),
        ("settings: {password_rotation_days: 90}", "password-rotation"),
        ("settings: {password_min_characters: 7}", "password-short"),
        ("settings: {backup_hours: 25}", "backup-slower-than-promise"),
        ("settings: {backup_days: 31}", "copies-outlive-deletion"),
        ("settings: {log_days: 731}", "logs-outlive-data"),
        ("settings: {triage_hours: 73}", "triage-after-notice"),
        ("settings: {patch_critical_days: 31}", "patch-order"),
        ("settings: {scan_days: 31}", "scan-slower-than-patch"),
        ("review_months: 13", "review-rare"),
        ("regulations: nis2", "nis2-size"),
        (
            "settings: {password_min_characters: 13}\nleave_out: [{clause: access-mfa, reason: x}]",
            "password-alone",
        ),
        (
            "clauses: [{policy: access, text: Twelve., sets: {password_min_characters: 12}}]",
            "clause-against-clause",
        ),
    ],
)
def test_a_contradiction_is_found_and_its_neighbour_that_is_none_is_not(write, more, code):
    assert code in write(FACTS + more).summary["contradictions"]
    allowed = {
        "notice_hours: 73": "notice_hours: 72", "rotation_days: 90": "rotation_days: 0",
        "characters: 7": "characters: 8",
        "backup_hours: 25": "backup_hours: 24", "backup_days: 31": "backup_days: 30",
        "log_days: 731": "log_days: 730",
        "triage_hours: 73": "triage_hours: 72", "critical_days: 31": "critical_days: 30",
        "scan_days: 31": "scan_days: 30",
        "review_months: 13": "review_months: 12", "characters: 13": "characters: 14",
        "characters: 12": "characters: 14",
    }  # fmt: skip
    for wrong, right in allowed.items():
        more = more.replace(wrong, right)
    facts = (FACTS + more).replace("staff: 40", "staff: 50")
    assert code not in write(facts).summary["contradictions"]


def test_owner_and_approver_must_be_two_and_privacy_needs_somebody(write):
    assert "one-person" in codes(write(FACTS.replace("Grace", "ada")))
    assert "no-privacy-role" in codes(write(FACTS.replace(", privacy: Alan", "")))
    assert {"one-person", "no-privacy-role"} & codes(write(FACTS)) == set()


def test_limits_of_card_data_hold_only_where_they_apply(write):
    slow = FACTS.replace("personal", "payment") + "settings: {access_review_months: 7}\n"
    assert "over-limit-access-review-months" in codes(write(slow + "regulations: pci-dss"))
    assert "over-limit-access-review-months" not in codes(write(slow))


def test_a_control_without_clause_says_which_fact_is_missing(write):
    rows = {row[0]: row for row in table(write(FACTS), "Controls without a clause, or with a part of one")}
    assert rows["A.7.1"][3:5] == ("none", "premises: needs office among the facts")
    with_office = write(FACTS + "uses: office")
    rows = {row[0] for row in table(with_office, "Controls without a clause, or with a part of one")}
    assert "A.7.1" not in rows


def test_with_all_facts_every_control_of_all_frameworks_is_stated(write):
    result = write(
        """
name: All
staff: 100
roles: {owner: Ada, approver: Grace, privacy: Alan}
approved: 2026-02-01
frameworks: [nist-csf-2.0, iso-27001, soc-2, cis-8.1]
cis_group: 3
data: [personal, confidential, payment, health]
uses: [cloud, remote-work, own-devices, development, office, ai, suppliers, internet-services, transactions]
"""
    )
    assert {one["none"] + one["part"] for one in result.summary["coverage"].values()} == {0}
    assert len(result.summary["policies"]) == 14


def test_a_clause_left_out_uncovers_its_controls_and_is_named(write):
    result = write(FACTS + "leave_out: [{clause: operations-capacity, reason: the cloud grows by itself}]")
    rows = {row[0]: row for row in table(result, "Controls without a clause, or with a part of one")}
    assert "left out (the cloud grows by itself)" in rows["A.8.6"][4]
    assert "clause-left-out" in codes(result)


def test_an_own_clause_with_a_practice_covers_its_controls(write):
    own = "clauses: [{policy: premises, text: The door is locked., practices: [premises, premises-watch]}]"
    rows = {row[0] for row in table(write(FACTS + own), "Controls without a clause, or with a part of one")}
    assert not {"A.7.1", "A.7.4"} & rows
    assert "own-clause-without-practice" in codes(
        write(FACTS + own.replace(", practices: [premises, premises-watch]", ""))
    )


def test_the_review_is_due_by_the_clock_of_the_run(write, context):
    assert "review-overdue" not in codes(write(FACTS))  # the run is on 2026-03-01
    context.now = context.now.replace(year=2027)
    assert "review-overdue" in codes(write(FACTS))


@pytest.mark.parametrize(
    ("approved", "months", "due"),
    [
        ("2026-01-31", 12, "2027-01-31"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2023-08-31", 6, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2025-12-30", 2, "2026-02-28"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2026-12-01", 12, "2027-12-01"),
    ],
)
def test_the_next_review_is_the_same_day_or_the_last_of_a_shorter_month(write, approved, months, due):
    facts = FACTS.replace("2026-02-01", approved) + f"review_months: {months}\n"
    assert write(facts).summary["next_review"] == due


def test_a_control_character_is_refused_when_the_price_is_asked():
    own = {"policy": "people", "text": "ring the \a bell"}
    facts = {
        "name": "Shop", "staff": 40, "roles": {"owner": "Ada", "approver": "Grace"}, "data": ["public"],
        "approved": "2026-02-01", "frameworks": ["iso-27001"], "clauses": [own],
    }  # fmt: skip
    with pytest.raises(InputRejected, match="a control character, which no Word document can hold"):
        TOOL.input_model(facts=facts)
    TOOL.input_model(facts={**facts, "clauses": [{**own, "text": "two\nlines"}]})


def test_a_day_beyond_all_reason_is_refused_when_the_price_is_asked():
    with pytest.raises(InputRejected, match="approved; allowed: less than or equal to 2100"):
        TOOL.input_model(facts=FACTS.replace("2026-02-01", "9999-06-01"))


@pytest.mark.parametrize(("characters", "is_short"), [(11, True), (12, False)])
def test_card_data_asks_for_passwords_of_twelve_characters(write, characters, is_short):
    cards = FACTS.replace("confidential]", "payment]") + "regulations: pci-dss\n"
    found = codes(write(cards + f"settings: {{password_min_characters: {characters}}}\n"))
    assert ("password-short-for-cards" in found) is is_short


def test_the_next_review_counts_months_over_the_end_of_a_year(write):
    late = FACTS.replace("2026-02-01", "2025-11-30") + "review_months: 3"
    assert write(late).summary["next_review"] == "2026-02-28"


@pytest.mark.parametrize(
    ("old", "new", "found", "allowed"),
    [
        ("[iso-27001]", "[iso-9001]", "line 6: ", "iso-27001"),
        ("approver: Grace, ", "", "no 'approver'", "approver"),
        ("approved: 2026-02-01\n", "", "no 'approved'", "approved"),
        ("data: [personal, confidential]", "data: [public]\nregulations: gdpr",
        "'gdpr' applies, and there is no", "personal"),
        ("data: [personal, confidential]", "data: [personal]\nregulations: [pci-dss]", "no payment data",
        "payment"),
        ("staff: 40", "staff: 40\nsettings: {log_days: 0}", "log_days '0'", "greater than or equal to 1"),
        ("staff: 40", "staff: 40\nsettings: {log_hours: 9}", "unknown key 'log_hours'", "nearest: rto_hours"),
        ("staff: 40", "staff: 40\nleave_out: [{clause: access-mf, reason: x}]", "the clause 'access-mf'",
        "access-mfa"),
        ("staff: 40", "staff: 40\nuses: [cloud, cloud]", "one of the uses twice", "each once"),
        ("staff: 40", "staff: 40\nclauses: [{policy: access, text: x, practices: mfaa}]",
        "the practice 'mfaa'", "mfa"),
        ("staff: 40", "staff: 40\nclauses: [{policy: access, text: x, sets: {log_day: 9}}]",
        "the setting 'log_day'", "log_days"),
        ("staff: 40", "staff: 0", "staff '0'", "greater than or equal to 1"),
    ],
)  # fmt: skip
def test_wrong_facts_are_refused_when_their_price_is_asked(old, new, found, allowed):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(facts=FACTS.replace(old, new))
    assert found in refusal.value.found
    assert allowed in refusal.value.allowed


def test_every_clause_of_the_library_names_practices_that_exist_and_settings_that_exist():
    known = {*Settings.model_fields, "name", "review_months", "owner", "approver", "it", "privacy", "people"}
    for one in templates().values():
        assert set(one.practices) <= set(practices()), one.id
        one.text.format_map(dict.fromkeys(known, 1))
    assert {one.policy for one in templates().values()} == set(heads())


def test_every_setting_is_stated_by_a_clause():
    texts = " ".join(one.text for one in templates().values())
    assert [name for name in Settings.model_fields if f"{{{name}}}" not in texts] == []
