"""STRIDE per element: each kind of element meets each category the method gives it, where it applies."""

import pytest

from studio_magics.tools.cyber.threat_modeling.stride_rules import RULES
from studio_magics.tools.cyber.threat_modeling.system import read_system
from studio_magics.tools.cyber.threat_modeling.threats import find_threats

# the published table: what can happen to whom; repudiation of a store where it is a log
TABLE = {"person": "SR", "external": "SR", "process": "STRIDE", "store": "TRID", "flow": "TID"}
MODEL = """
zones: [{name: internet, trust: 0}, {name: inside, trust: 5}, {name: core, trust: 8}]
data: [{name: news, class: public}, {name: orders, class: confidential}]
elements:
  - {name: user, kind: person, zone: internet}
  - {name: partner, kind: external, zone: internet}
  - {name: site, kind: process, zone: inside}
  - {name: helper, kind: process, zone: inside}
  - {name: log, kind: store, zone: inside, technology: log}
  - {name: vault, kind: process, zone: core, critical: true}
  - {name: alone, kind: store, zone: core}
flows:
  - {from: user, to: site, protocol: https, data: orders}
  - {from: partner, to: site, protocol: https, data: orders}
  - {from: site, to: partner, protocol: http, data: orders}
  - {from: site, to: helper, protocol: http, data: orders}
  - {from: site, to: log, protocol: tcp, data: orders}
  - {from: site, to: vault, protocol: https, authentication: token, data: orders}
  - {from: site, to: alone, protocol: local, authentication: token, data: news}
"""


def found(text=MODEL):
    return {one.id: one for one in find_threats(read_system(text), "stride")}


@pytest.mark.parametrize(
    ("kind", "letter"), [(kind, letter) for kind, row in TABLE.items() for letter in row]
)
def test_each_cell_of_the_table_has_a_rule_and_a_threat_in_a_model_without_controls(kind, letter):
    assert [rule.code for rule in RULES if kind in rule.kinds and rule.code.startswith(f"{letter}-")]
    login = MODEL.replace(
        "{from: user, to: site, protocol: https,",
        "{from: user, to: site, protocol: https, authentication: password,",
    )
    threats = [*found().values(), *found(login).values()]
    assert [one.id for one in threats if one.target.kind == kind and one.rule.code.startswith(f"{letter}-")]


def test_a_way_from_the_outside_or_to_what_is_critical_can_be_cut_and_no_other():
    cut = {name for name in found() if name.startswith("D-flow@")}
    assert cut == {
        "D-flow@user → site",
        "D-flow@partner → site",
        "D-flow@site → partner",
        "D-flow@site → vault",
    }
    calm = found(MODEL.replace(", critical: true", ""))
    assert "D-flow@site → vault" not in calm
    local = found(MODEL.replace("to: vault, protocol: https", "to: vault, protocol: local"))
    assert "D-flow@site → vault" not in local
    # ease 1, and one more within one flow of the outside; times 3 for what is not critical, else 5
    assert (found()["D-flow@user → site"].score, found()["D-flow@site → vault"].score) == (6, 10)


@pytest.mark.parametrize("control", ["rate-limit", "ddos-protection", "redundancy"])
def test_a_way_is_protected_by_what_stands_at_its_end_or_on_itself(control):
    at_the_end = MODEL.replace(
        "name: site, kind: process,", f"name: site, kind: process, controls: [{control}],"
    )
    threats = found(at_the_end)
    assert threats["D-flow@user → site"].status == "mitigated"
    assert threats["D-flow@site → partner"].status == "open"
    itself = MODEL.replace(
        "to: partner, protocol: http,", f"to: partner, protocol: http, controls: [{control}],"
    )
    assert found(itself)["D-flow@site → partner"].status == "mitigated"
    zone = MODEL.replace("name: core, trust: 8", f"name: core, trust: 8, controls: [{control}]")
    assert found(zone)["D-flow@site → vault"].status == "mitigated"
    other = MODEL.replace("name: core, trust: 8", "name: core, trust: 8, controls: [logging]")
    assert found(other)["D-flow@site → vault"].status == "open"


SENT = "{from: partner, to: site, protocol: https, data: orders}"
ASKED = "{from: site, to: partner, protocol: http, data: orders}"
SIGNED = "controls: [message-signing], data: orders}"
NOBODY = [
    (
        "S-outside-system@partner",
        {SENT: SENT.replace("data", "authentication: token, data"), ASKED: ASKED},
        True,
    ),
    ("S-outside-system@partner", {SENT: SENT, ASKED: ASKED.replace("http", "https")}, True),
    (
        "S-outside-system@partner",
        {SENT: SENT.replace("data", "authentication: token, data"), ASKED: ASKED.replace("http", "https")},
        False,
    ),
    (
        "S-outside-system@partner",
        {SENT: SENT.replace("data: orders}", SIGNED), ASKED: ASKED.replace("http", "https")},
        False,
    ),
    ("R-unattributed@partner", {SENT: SENT}, True),
    ("R-unattributed@partner", {SENT: SENT.replace("data", "authentication: network, data")}, True),
    ("R-unattributed@partner", {SENT: SENT.replace("data", "authentication: token, data")}, False),
    ("R-unattributed@partner", {SENT: SENT.replace("data: orders}", SIGNED)}, False),
    ("R-unattributed@partner", {SENT: SENT.replace("orders", "news")}, False),
]


@pytest.mark.parametrize(("threat", "changes", "there"), NOBODY)
def test_who_stands_outside_can_be_posed_and_can_deny_where_nothing_proves_who_it_is(threat, changes, there):
    text = MODEL
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    assert (threat in found(text)) is there


PEER = "{from: site, to: helper, protocol: http, data: orders}"


@pytest.mark.parametrize(
    ("changed", "there"),
    [
        (PEER, True),
        (PEER.replace("data", "authentication: network, data"), True),
        (PEER.replace("data", "authentication: mutual-tls, data"), False),
        (PEER.replace("http", "local"), False),
        (PEER.replace("orders", "news"), False),
    ],
)
def test_a_neighbour_that_proves_nothing_is_a_threat_within_a_zone(changed, there):
    assert ("S-unknown-peer@helper" in found(MODEL.replace(PEER, changed))) is there


def test_a_store_that_outsiders_fill_is_told_of_and_limits_answer_it():
    assert found()["D-store-full@log"].status == "open"
    limited = MODEL.replace("technology: log}", "technology: log, controls: [retention-limit]}")
    assert found(limited)["D-store-full@log"].status == "mitigated"
    inner = MODEL.replace("  - {from: site, to: log, protocol: tcp, data: orders}\n", "")
    assert "D-store-full@log" not in found(inner)
