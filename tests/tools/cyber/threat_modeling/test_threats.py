"""Which threats are found, how they are ranked, and what answers them; facts worked out by hand."""

import json
import re
import subprocess
import sys
from importlib.resources import files

import pytest
from running import assert_forecast_is_near, on_a_server, run_example, table

from studio_magics.tools.base import InputRejected, RunCancelled
from studio_magics.tools.cyber.threat_modeling import TOOL
from studio_magics.tools.cyber.threat_modeling.controls import CONTROLS, MEANING
from studio_magics.tools.cyber.threat_modeling.linddun_rules import RULES as LINDDUN_RULES
from studio_magics.tools.cyber.threat_modeling.stride_rules import RULES as STRIDE_RULES
from studio_magics.tools.cyber.threat_modeling.system import read_system
from studio_magics.tools.cyber.threat_modeling.threats import find_threats

ID = TOOL.id
RULES = (*STRIDE_RULES, *LINDDUN_RULES)
HEAD = """
zones: [{name: internet, trust: 0}, {name: inside, trust: 5}]
data: [{name: login, class: credentials}, {name: news, class: public}, {name: people, class: personal}]
"""
SMALL = f"""{HEAD}
elements:
  - {{name: user, kind: person, zone: internet}}
  - {{name: site, kind: process, zone: inside, technology: web}}
  - {{name: db, kind: store, zone: inside, technology: sql}}
flows:
  - {{from: user, to: site, protocol: https, authentication: password, data: login}}
  - {{from: site, to: db, protocol: tcp, data: login}}
"""
EVERYTHING = """
zones: [{name: internet, trust: 0}, {name: inside, trust: 5}]
data: [{name: a, class: credentials}, {name: b, class: special}, {name: c, class: payment}]
elements:
  - {name: user, kind: person, zone: internet}
  - {name: bucket, kind: store, zone: internet, data: [a, b]}
  - {name: partner, kind: external, zone: internet}
  - {name: all, kind: process, zone: inside, critical: true, technology: [web, api, admin, container,
  third-party,
     upload, xml, deserialisation, shell, fetches-urls, llm, llm-agent]}
  - {name: log, kind: store, zone: inside, technology: [sql, log], data: [a, b]}
  - {name: helper, kind: process, zone: inside}
flows:
  - {from: all, to: helper, protocol: http, data: [b]}
  - {from: user, to: all, protocol: http, authentication: password, data: [a, b]}
  - {from: partner, to: all, protocol: http, data: [b, c]}
  - {from: all, to: partner, protocol: http, data: [b]}
  - {from: all, to: log, protocol: tcp, data: [a, b]}
"""


@pytest.fixture
def model(context):
    """Run the tool on a description with options."""

    def call(system, **options):
        return TOOL.run(TOOL.input_model(system=system, **options), context)

    return call


def threats(result):
    return {row[0]: row for row in table(result, "Threats")}


BEHIND_A_PROXY = f"""{HEAD}
elements:
  - {{name: user, kind: person, zone: internet}}
  - {{name: proxy, kind: process, zone: inside}}
  - {{name: site, kind: process, zone: inside, technology: [web, fetches-urls]}}
  - {{name: db, kind: store, zone: inside, technology: sql}}
  - {{name: report, kind: process, zone: inside, technology: fetches-urls}}
flows:
  - {{from: user, to: proxy, protocol: https, data: people}}
  - {{from: proxy, to: site, protocol: http, authentication: token, data: people}}
  - {{from: site, to: db, protocol: tcp, data: people}}
  - {{from: report, to: db, protocol: tcp, data: people}}
"""
INPUT = {"T-sql-injection", "T-unchecked-input", "T-cross-site-scripting", "T-cross-site-request",
         "S-session-theft", "I-server-side-request", "E-privileges", "I-other-peoples-objects"}  # fmt: skip


def test_what_people_send_reaches_the_site_behind_a_proxy_of_the_same_zone(model):
    found = {tuple(one.split("@")) for one in threats(model(BEHIND_A_PROXY))}
    assert {code for code, name in found if name == "site"} >= INPUT
    # the report takes nothing from anybody, and what the store holds is not passed on by it
    assert {code for code, name in found if name == "report"} & INPUT == set()
    without = BEHIND_A_PROXY.replace("from: user, to: proxy", "from: proxy, to: user")
    found = {tuple(one.split("@")) for one in threats(model(without))}
    assert {code for code, name in found if name == "site"} & INPUT == set()


def test_the_score_is_ease_and_exposure_times_the_class_of_the_data(model):
    found = threats(model(SMALL))
    # anybody with a browser (3) from outside (+1) x credentials (5)
    assert found["S-password-only@site"][1:5] == ("critical", 20, 4, 5)
    # an insider's way (1), two flows from outside (+0) x credentials (5)
    assert found["T-store@db"][1:5] == ("low", 5, 1, 5)


def test_public_data_brings_less_harm_than_logins(model):
    harmless = SMALL.replace("data: login", "data: news")
    assert threats(model(harmless))["T-sql-injection@site"][4] == 1
    assert threats(model(SMALL))["T-sql-injection@site"][4] == 5


def test_a_named_control_answers_the_threat_and_taking_it_away_opens_it(model):
    guarded = SMALL.replace("technology: web}", "technology: web, controls: [parameterised-queries]}")
    row = threats(model(guarded))["T-sql-injection@site"]
    assert row[9:11] == ("mitigated", "control: parameterised-queries")
    assert threats(model(SMALL))["T-sql-injection@site"][9] == "open"


def test_controls_of_a_zone_hold_for_its_elements(model):
    zoned = SMALL.replace("trust: 5}", "trust: 5, controls: [backup]}")
    assert threats(model(zoned))["D-no-backup@db"][9] == "mitigated"


def test_a_clear_flow_is_a_threat_and_an_encrypted_one_is_answered(model):
    found = threats(model(SMALL))
    assert found["I-flow@site → db"][9] == "open"
    assert found["I-flow@user → site"][9:11] == ("mitigated", "control: encryption")


def test_privacy_threats_need_personal_data(model):
    assert not [key for key, row in threats(model(SMALL)).items() if row[5] == "LINDDUN"]
    personal = threats(model(SMALL.replace("data: login", "data: people")))
    assert {"U-not-told@site", "Nc-kept-for-ever@db", "De-existence@site"} <= set(personal)


def test_one_method_can_be_chosen(model):
    personal = SMALL.replace("data: login", "data: people")
    assert {row[5] for row in threats(model(personal, methods="stride")).values()} == {"STRIDE"}
    assert {row[5] for row in threats(model(personal, methods="linddun")).values()} == {"LINDDUN"}


def test_exposure_counts_flows_from_the_least_trusted_zone(model):
    rows = {row[0]: row for row in table(model(SMALL), "Elements and their exposure")}
    assert {name: row[3] for name, row in rows.items()} == {"user": 0, "site": 1, "db": 2}


def test_a_decision_changes_the_status_and_a_high_one_is_named(model):
    decided = SMALL + "decisions: [{threat: S-password-only@site, status: accepted, reason: pilot}]"
    result = model(decided)
    assert threats(result)["S-password-only@site"][9:11] == ("accepted", "pilot")
    assert [one.where for one in result.findings if one.code == "accepted-high"] == ["S-password-only@site"]


def test_a_decision_on_nothing_is_a_finding(model):
    stray = SMALL + "decisions: [{threat: S-nothing@site, status: accepted, reason: x}]"
    assert [one.code for one in model(stray).findings if "S-nothing@site" in one.where] == [
        "decision-without-threat"
    ]


def test_an_earlier_run_tells_what_came_and_went(model, context):
    model(SMALL)
    before = context.keep("threats.json", context.artefacts["threats.json"])
    guarded = SMALL.replace("technology: web}", "technology: [web, xml], controls: [parameterised-queries]}")
    found = {one.code: one.where for one in model(guarded, previous=before).findings}
    assert found["new-threats"] == "T-xml@site"
    assert found["closed-threats"] == "T-sql-injection@site"


def test_the_first_control_to_add_takes_most_score_away(model):
    first, second = table(model(SMALL), "What to add first")[:2]
    assert first[2] >= second[2]
    assert first[0] in CONTROLS


@pytest.mark.parametrize(
    ("old", "new", "found", "allowed"),
    [
        ("to: site", "to: siet", "line 10: a flow to 'siet', which is no element", "site"),
        ("zone: internet}", "zone: intrnet}", "line 6: the zone 'intrnet'", "internet"),
        ("data: login}", "data: logins}", "the data 'logins'", "login"),
        ("technology: web", "technology: wbe", "technology 'wbe' is not known", "web"),
        ("kind: process", "kind: proces", "line 7: kind 'proces' is not known", "process"),
        ("protocol: tcp", "protocol: carrier", "protocol 'carrier' is not known", ""),
        ("name: db,", "name: site,", "line 8: the name 'site' twice", "unique"),
        ("trust: 5", "trust: 50", "trust '50'", "less than or equal to 10"),
        ("kind: store, zone: inside", "kind: store", "line 8: no 'zone'", "zone"),
        ("from: site, to: db", "from: db, to: db", "from 'db' to itself", "two elements"),
        ("protocol: tcp", "protocol: tcp, colour: red", "unknown key 'colour'", "from"),
        ("name: user", "name: <b>", "name '<b>'", "pattern"),
        ("trust: 0}", "trust: &a 0}", "an anchor", "without anchors"),
        ("trust: 0}", "trust: 0, trust: 1}", "line 2: 'trust' appears twice", "once"),
    ],
)
def test_a_wrong_description_is_refused_with_its_line(old, new, found, allowed):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(system=SMALL.replace(old, new, 1))
    assert found in refusal.value.found
    assert allowed in refusal.value.allowed


@pytest.mark.parametrize(
    ("system", "found"),
    [
        ("", "an empty text"),
        ("- a", "a single value or a list"),
        ("zones: [", "not YAML"),
        (SMALL.replace("zone: internet", "zone: inside"), "in the same zone"),
        (SMALL.split("flows:", maxsplit=1)[0], "no flows"),
        ({"zones": [{"name": "a", "trust": 0}]}, "no 'elements'"),
    ],
)
def test_an_empty_or_boundless_model_is_refused(system, found):
    with pytest.raises(InputRejected, match=re.escape(found)):
        TOOL.input_model(system=system)


def test_another_json_is_no_earlier_run(model, context):
    with pytest.raises(InputRejected, match="another kind of JSON"):
        model(SMALL, previous=context.keep("x.json", '{"threats": []}'))


def test_python_values_and_yaml_text_give_the_same_threats(model):
    import yaml

    assert threats(model(yaml.safe_load(SMALL))) == threats(model(SMALL))


def test_no_rule_is_dead(model):
    found = {one.rule.code for one in find_threats(read_system(EVERYTHING), "stride+linddun")}
    assert found == {rule.code for rule in RULES}


def test_every_rule_has_a_code_of_its_own_and_known_controls_with_a_meaning():
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert {control for rule in RULES for control in rule.protected_by} <= set(CONTROLS)
    assert set(MEANING) == set(CONTROLS)


def test_references_are_well_formed_and_those_to_pytm_exist_in_its_catalogue():
    text = files("pytm").joinpath("threatlib/threats.json").read_text()
    known = {entry["SID"] for entry in json.loads(text)}
    assert {sid for rule in RULES for sid in rule.pytm} <= known
    assert all(re.fullmatch(r"T1\d{3}(\.\d{3})?", name) for rule in RULES for name in rule.attack)
    stride = [rule for rule in STRIDE_RULES if rule.code not in {"D-no-backup", "D-no-second"}]
    assert all(rule.cwe for rule in stride)


def test_the_inventory_is_valid_cyclonedx(context):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    run_example(ID, context)
    written = context.artefacts["threat-model.cdx.json"].decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written) is None
    assert json.loads(written)["services"][1]["x-trust-boundary"] is True


READER = """
import sys
from pytm import TM
from pytm.json import loads
tm = loads(sys.stdin.read())
tm.description = "a description"
tm.resolve()
print(len(TM._elements), len(TM._flows))
print(*sorted({f"{one.threat_id} {one.target}" for one in tm.findings if one.threat_id == "DE03"}), sep="\\n")
"""


def test_pytm_reads_the_model_and_finds_the_same_clear_flows(context):
    result = run_example(ID, context)
    written = context.artefacts["threat-model.pytm.json"].decode()
    answer = subprocess.run(
        [sys.executable, "-c", READER], input=written, capture_output=True, text=True, check=True
    )
    ours = {row[7] for key, row in threats(result).items() if key.startswith("I-flow@") and row[9] == "open"}
    assert ours == {"shop → order service", "order service → order db"}
    assert all(any(name in line for line in answer.stdout.splitlines()) for name in ours)


def test_hostile_names_stay_text_in_every_file(model, context):
    from xml.etree import ElementTree as ET

    hostile = SMALL.replace("name: site", "name: 'a\"]|`#;&amp; b'").replace(
        "to: site", "to: 'a\"]|`#;&amp; b'"
    )
    result = model(hostile.replace("from: site", "from: 'a\"]|`#;&amp; b'"))
    for figure in result.figures:
        ET.fromstring(figure.svg)  # noqa: S314  - written by the code under test
    assert '"]|`' not in result.figures[0].mermaid
    assert "\\|\\`" in context.artefacts["threat-model.md"].decode()


def test_kernel_and_server_give_the_same_answer(context):
    body = TOOL.example.split("\n", 1)[1]
    inputs = TOOL.input_model(system=body)
    assert on_a_server(ID, context, inputs) == TOOL.run(inputs, context)


@pytest.mark.measures_time
def test_the_forecast_is_near_what_a_metered_run_uses(context):
    assert_forecast_is_near(ID, context, TOOL.input_model(system=TOOL.example.split("\n", 1)[1]))


@pytest.mark.measures_time
def test_two_hundred_elements_stay_within_the_limits_of_the_server(context):
    elements = "\n".join(
        f"  - {{name: p{i}, kind: process, zone: inside, technology: [web, api]}}" for i in range(199)
    )
    flows = "\n".join(
        f"  - {{from: {'u' if i == 0 else f'p{i - 1}'}, to: p{i}, protocol: http, data: people}}"
        for i in range(199)
    )
    big = f"{HEAD}\nelements:\n  - {{name: u, kind: person, zone: internet}}\n{elements}\nflows:\n{flows}\n"
    inputs = TOOL.input_model(system=big)
    assert_forecast_is_near(ID, context, inputs)
    assert TOOL.forecast(inputs).cpu_ms < 4_000


def test_the_model_of_studio_itself_is_read_and_its_decision_fits(context):
    text = files("studio_magics.tools.cyber.threat_modeling").joinpath("studio.yaml").read_text()
    result = TOOL.run(TOOL.input_model(system=text), context)
    assert "decision-without-threat" not in {one.code for one in result.findings}
    assert result.summary["open_by_severity"]["critical"] == 1


def test_a_cancelled_run_leaves_no_file(context):
    context.cancels_at = 0.6
    with pytest.raises(RunCancelled):
        run_example(ID, context)
    assert context.artefacts == {}
