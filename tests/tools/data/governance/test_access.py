"""Rights decided by the policies: each decision worked out by hand from classes, clearances and owners."""

import json

import cedarpy
import pytest

from studio_magics.tools.base import InputRejected

RIGHTS = """\
access:
  - {who: bo, dataset: orders, actions: [read, write]}
  - {who: cy, dataset: customers, actions: [read]}
  - {who: ada, dataset: customers, actions: [read, delete, share]}
  - {who: cy, dataset: prices, actions: [share]}
  - {who: analyst, dataset: orders, actions: [read, write]}
"""


def _decisions(result):
    table = next(one for one in result.tables if one.title.startswith("Rights"))
    return {row[:3]: (row[3], row[4]) for row in table.rows}


def test_every_right_is_decided_by_clearance_ownership_and_stewardship(check):
    decisions = _decisions(check(RIGHTS))
    assert decisions == {
        ("bo", "read", "orders"): (True, "clearance, own-data"),  # cleared, and its steward
        ("bo", "write", "orders"): (True, "own-data"),
        ("cy", "read", "customers"): (False, "no policy permits it"),  # confidential is less than restricted
        ("ada", "read", "customers"): (True, "clearance, own-data"),
        ("ada", "delete", "customers"): (True, "own-data"),
        ("ada", "share", "customers"): (False, "no policy permits it"),  # nothing restricted is shared
        ("cy", "share", "prices"): (True, "owner-shares"),
        ("analyst", "read", "orders"): (True, "clearance"),
        ("analyst", "write", "orders"): (False, "no policy permits it"),
    }


def test_what_is_not_allowed_is_a_violation_as_grave_as_the_class(check, broken):
    result = check(RIGHTS)
    assert sorted(broken(result, "access-not-allowed")) == [
        ("customers", "'ada' may share it; no policy permits it"),
        ("customers", "'cy' may read it; no policy permits it"),
        ("orders", "'analyst' may write it; no policy permits it"),
    ]
    assert result.summary["not_allowed"] == 3
    graveness = {one.title: one.severity for one in result.findings}
    assert graveness["customers: 'cy' may read it; no policy permits it"] == "high"
    assert graveness["orders: 'analyst' may write it; no policy permits it"] == "medium"


def test_writers_may_write_what_they_are_cleared_for_and_no_more(check):
    decisions = _decisions(
        check("writers: [analyst]\naccess:\n  - {who: cy, dataset: orders, actions: [write]}\n"
              "  - {who: cy, dataset: customers, actions: [write]}\n")
    )  # fmt: skip
    assert decisions["cy", "write", "orders"] == (True, "writers-1")
    assert decisions["cy", "write", "customers"][0] is False


FORBID = """\
access:
  - {who: dan, dataset: customers, actions: [read]}
cedar: |
  // contractors see nothing restricted, whatever "permit (" says
  @id("no-contractors")
  forbid (principal in Role::"contractor", action, resource)
  when { resource.level >= 3 };
"""


def test_a_forbidding_policy_wins_and_the_contradiction_is_told_with_its_line(check, broken, context):
    result = check(FORBID)
    assert _decisions(result)["dan", "read", "customers"] == (False, "no-contractors")
    [(subject, told)] = broken(result, "policies-contradict")
    assert (subject, told.split(":")[0]) == ("customers", "'dan' to read")
    assert result.summary["contradictions"] == 1
    table = next(one for one in result.tables if one.title.startswith("Rights"))
    line = int(table.rows[0][5])
    assert context.artefacts["policies.cedar"].decode().splitlines()[line - 1] == '@id("no-contractors")'


def test_the_bundle_is_valid_cedar_by_its_own_schema_and_decides_the_same(check, context):
    check(FORBID)
    text = context.artefacts["policies.cedar"].decode()
    schema = context.artefacts["schema.cedarschema.json"].decode()
    assert cedarpy.validate_policies(text, schema).validation_passed
    assert not cedarpy.validate_policies(
        text.replace("resource.level", "resource.colour"), schema
    ).validation_passed
    entities = [
        {"uid": {"type": "Role", "id": "contractor"}, "attrs": {}, "parents": []},
        {"uid": {"type": "User", "id": "dan"}, "attrs": {"clearance": 3, "name": "dan"},
         "parents": [{"type": "Role", "id": "contractor"}]},
        {"uid": {"type": "Dataset", "id": "customers"},
         "attrs": {"level": 3, "owner": "ada", "steward": "bo", "location": "", "personal": True,
                   "encrypted": True},
         "parents": []},
    ]  # fmt: skip
    request = {"principal": 'User::"dan"', "action": 'Action::"read"', "resource": 'Dataset::"customers"',
               "context": {}}  # fmt: skip
    assert not cedarpy.is_authorized(request, text, entities).allowed


@pytest.mark.parametrize(
    ("cedar", "words"),
    [
        ("permit (principal, action, resource);\npermit (principal", "line 2: "),
        ("allow everything", "line 1: "),
        ("permit (principal, action, resource)\nwhen { resource.colour == 1 };", "`colour`"),
        ('permit (principal == Person::"x", action, resource);', "Person"),
        ('permit (principal, action == Action::"fly", resource);', "fly"),
    ],
)
def test_a_policy_that_does_not_parse_or_asks_for_what_is_not_there_is_refused(check, context, cedar, words):
    file = context.put("more.cedar", cedar)
    with pytest.raises(InputRejected) as refusal:
        check(cedar=file)
    assert refusal.value.field == "cedar"
    assert words in refusal.value.found


def test_names_with_quotes_stay_names(check):
    name = 'x", action, resource); permit (principal, action, resource'
    result = check(
        f"writers: [{json.dumps(name)}]\naccess:\n  - {{who: cy, dataset: customers, actions: [write]}}\n"
    )
    assert _decisions(result)["cy", "write", "customers"][0] is False


def test_an_access_list_in_csv_is_decided_too_and_strangers_are_told(check, context, broken):
    rows = (
        "Who,Dataset,Action,Granted,Used\nbo,orders,read,2025-01-01,2026-02-01\n"
        "eve,orders,read,,\nbo,old,read,,\n"
    )
    result = check(access_list=context.put("access.csv", rows))
    assert _decisions(result)["bo", "read", "orders"][0] is True
    assert broken(result, "unknown-principal") == [
        ("eve", "nobody of this name is known, with access to orders")
    ]
    assert broken(result, "unknown-dataset")[0][0] == "old"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("name,dataset\nx,y\n", "no column who, action"),
        ("who,dataset,action\nbo,orders,fly\n", "line 2: actions 'fly'"),
        ("who,dataset,action,used\nbo,orders,read,yesterday\n", "line 2: used 'yesterday'"),
    ],
)
def test_an_access_list_that_cannot_be_read_is_refused_with_its_line(check, context, rows, words):
    with pytest.raises(InputRejected) as refusal:
        check(access_list=context.put("access.csv", rows))
    assert words in refusal.value.found
