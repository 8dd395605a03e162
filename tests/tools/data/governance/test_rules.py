"""Rules of datasets, people and responsibilities: each is violated by one fact and kept by its neighbour."""

import json

import pytest

from studio_magics.tools.base import InputRejected, RunCancelled
from studio_magics.tools.data.governance import EXAMPLE, TOOL


@pytest.mark.parametrize(
    ("rule", "facts", "rules", "kept"),
    [
        ("owner-required", "class: internal", "owner_required: true", "class: internal, owner: ada"),
        ("steward-required", "class: internal, owner: ada", "steward_required: true",
         "class: internal, owner: ada, steward: bo"),
        ("retention-limit", "class: restricted, owner: ada, retention_days: 366",
         "max_retention_days: {restricted: 365}", "class: restricted, owner: ada, retention_days: 365"),
        ("retention-named", "class: restricted, owner: ada", "max_retention_days: {restricted: 365}",
         "class: internal, owner: ada"),
        ("deletion-overdue", "class: internal, owner: ada, retention_days: 30, oldest_days: 31", "{}",
         "class: internal, owner: ada, retention_days: 30, oldest_days: 30"),
        ("encryption", "class: restricted, owner: ada, encrypted: false", "encrypt: [restricted]",
         "class: restricted, owner: ada, encrypted: true"),
        ("location", "class: restricted, owner: ada, location: us", "locations: {restricted: [eu]}",
         "class: restricted, owner: ada, location: eu"),
        ("quality", "class: internal, owner: ada, quality: 89.9", "min_quality: {internal: 90}",
         "class: internal, owner: ada, quality: 90"),
        ("review", "class: internal, owner: ada, reviewed: 2025-08-31", "review_days: 181",
         "class: internal, owner: ada, reviewed: 2025-09-01"),  # 1 March 2026 is 182 and 181 days later
    ],
)  # fmt: skip
def test_a_rule_is_violated_by_one_fact_and_kept_by_its_neighbour(check, broken, *, rule, facts, rules, kept):
    written = f"rules: {{{rules}}}\n" if rules != "{}" else ""
    bad, good = (check(f"datasets:\n  d: {{{one}}}\n{written}", shop=False) for one in (facts, kept))
    assert [subject for subject, _ in broken(bad, rule)] == ["d"]
    assert not broken(good, rule)


def test_a_violation_names_the_line_its_rule_is_written_in(check):
    result = check("rules:\n  review_days: 30\n  encrypt: [public]\n")
    lines = {row[1]: row[4] for one in result.tables if one.title == "Violations" for row in one.rows}
    # the shop of the tests has ten lines
    assert lines["review"] == "line 12"
    assert lines["encryption"] == "line 13"


def test_two_roles_that_must_be_apart_are_told_by_person(check, broken):
    text = (
        "people: {ada: [x, y], bo: [x]}\nroles: {x: {}, y: {}}\ndatasets: {d: {class: public, owner: ada}}\n"
    )
    result = check(text + "rules: {separate: [[x, y]]}\n", shop=False)
    assert broken(result, "separation") == [("ada", "has both 'x' and 'y'")]


def test_rights_nobody_used_are_told_after_the_days_that_are_named(check, broken):
    text = (
        "access:\n  - {who: bo, dataset: orders, used: 2025-11-30}\n"
        "  - {who: ada, dataset: orders, used: 2025-12-01}\n"
        "rules: {unused_days: 90}\n"
    )
    [(_, told)] = broken(check(text), "access-unused")  # 91 and 90 days before 1 March 2026
    assert told == "'bo' has not used the right to read since 2025-11-30"


def test_an_activity_needs_one_who_answers_and_one_who_does_it(check, broken):
    text = (
        "raci:\n  - {activity: fine, responsible: [bo], accountable: [ada]}\n"
        "  - {activity: nobody answers, responsible: [bo]}\n"
        "  - {activity: two answer, responsible: [bo], accountable: [ada, cy]}\n"
        "  - {activity: nobody does, accountable: [ada], informed: [zoe]}\n"
    )
    result = check(text)
    assert [subject for subject, _ in broken(result, "raci-accountable")] == ["nobody answers", "two answer"]
    assert [subject for subject, _ in broken(result, "raci-responsible")] == ["nobody does"]
    assert broken(result, "raci-unknown") == [("nobody does", "'zoe' is neither a person nor a role")]


def _catalogue(level, owner=None):
    return json.dumps(
        {
            "format": "studio-catalogue/1",
            "datasets": [
                {"name": "customers", "owner": owner, "sensitivity": level, "columns": [
                    {"name": "email", "sensitivity": "restricted", "personal": "E-mail address"},
                    {"name": "id", "sensitivity": "internal", "personal": None}]},
            ],
        }
    )  # fmt: skip


def test_the_catalogue_gives_classes_owners_and_finds_what_is_understated(check, context, broken):
    file = context.put("catalogue.json", _catalogue("restricted", "ada"))
    result = check("people: {ada: []}\n", shop=False, catalogue=file)
    assert result.summary["datasets"] == {"restricted": 1}
    assert result.summary["owned"] == 1
    understated = check("datasets: {customers: {class: internal, owner: ada}}\n", shop=False, catalogue=file)
    assert broken(understated, "class-understated") == [
        ("customers", "it is called internal, its columns are restricted")
    ]


def test_the_catalogue_of_the_catalogue_tool_is_taken_as_it_is(check, context, tmp_path):
    from fakes.tool_context import KeptContext

    from studio_magics.tools.data.catalog import TOOL as CATALOG

    other = KeptContext(tmp_path)
    rows = "id,email\n" + "".join(f"{n},p{n}@example.org\n" for n in range(30))
    CATALOG.run(CATALOG.input_model(source=other.put("people.csv", rows)), other)
    file = context.put("catalogue.json", other.artefacts["catalogue.json"])
    result = check("", shop=False, catalogue=file)
    assert result.summary["datasets"] == {"restricted": 1}
    assert result.summary["violations"] == {"owner-required": 1}


def test_what_came_and_went_since_the_run_before_is_told(check, context):
    check("access:\n  - {who: cy, dataset: customers}\n  - {who: bo, dataset: orders}\n")
    before = context.put("governance.json", context.artefacts["governance.json"])
    later = check(
        "access:\n  - {who: bo, dataset: orders}\n  - {who: ada, dataset: orders}\n", previous=before
    )
    table = next(one for one in later.tables if one.title == "Since the run before")
    assert {row[:2] for row in table.rows} == {
        ("right given", "ada may read orders"),
        ("right taken away", "cy may read customers"),
        ("violation gone", "customers"),
    }
    assert check("access:\n  - {who: bo, dataset: orders}\n").summary["changes"] is None


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("datasets: {d: {owner: ada}}\n", "policies", "line 1: dataset 'd' without a class"),
        ("name: x\n", "policies", "no dataset"),
        ("datasets: {d: {class: public}}\npeople: {ada: [boss]}\n", "policies", "role 'boss' of 'ada'"),
        ("datasets: {d: {class: secret}}\n", "policies", "'secret' is not known"),
        ("datasets: {d: {class: public, colour: red}}\n", "policies", "unknown key 'colour'"),
        (
            "datasets: {d: {class: public}}\naccess: [{who: a, dataset: d, actions: [fly]}]\n",
            "policies",
            "'fly'",
        ),
    ],
)
def test_a_framework_that_cannot_be_judged_is_refused(check, text, field, words):
    with pytest.raises(InputRejected) as refusal:
        check(text, shop=False)
    assert refusal.value.field == field
    assert words in refusal.value.found


def test_a_catalogue_or_state_of_another_form_is_refused(check, context):
    for field in ("catalogue", "previous"):
        with pytest.raises(InputRejected, match="is not of the form studio-"):
            check(**{field: context.put("x.json", '{"format": "other"}')})


def test_nothing_at_all_is_refused_when_the_price_is_asked():
    with pytest.raises(InputRejected, match="nothing"):
        TOOL.forecast(TOOL.input_model())


def test_the_documented_example_finds_what_is_wrong_in_it(check):
    result = check(EXAMPLE.split("\n", 1)[1], shop=False)
    # an analyst reads what is restricted; cy writes; ten years; not encrypted; prices without owner; no A
    assert result.summary["violations"] == {
        "access-not-allowed": 2, "encryption": 1, "retention-limit": 1, "raci-accountable": 1,
        "owner-required": 1,
    }  # fmt: skip


def test_a_run_can_be_cancelled_before_the_rules(check, context):
    context.cancel_at = 0.7
    with pytest.raises(RunCancelled):
        check()
