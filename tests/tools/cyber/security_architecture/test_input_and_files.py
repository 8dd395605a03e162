"""What is refused, compose files, files in standard formats, forecasts, the same answer everywhere."""

import io
import sys
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from running import assert_forecast_is_near, on_a_server, run_example

sys.path.insert(0, str(Path(__file__).parent))

from small_designs import COMPOSE, LINE

from studio_magics.tools.base import InputRejected, RunCancelled
from studio_magics.tools.cyber.security_architecture import TOOL
from studio_magics.tools.cyber.security_architecture.compose import read_compose

ID = TOOL.id


@pytest.mark.parametrize(
    ("old", "new", "found", "allowed"),
    [
        ("store, zone: inside, value: 4", "store, zone: insde, value: 4",
        "line 6: the zone 'insde' of 'db'", "inside"),
        ("store, zone: inside, value: 4", "store, value: 4", "no 'zone'", "zone"),
        ("to: web, protocol: https", "to: wbe, protocol: https",
        "line 8: a flow to 'wbe', which is no component", "web"),
        ("protocol: https", "protocol: htps", "the protocol 'htps'", "https"),
        ("protocol: https", "protocol: https, port: 70000", "port '70000'", "65535"),
        (", value: 4", "", "no asset", "value"),
        ("trust: 0", "trust: 1", "no entry point", "entry"),
        ("name: db, kind", "name: web, kind", "the name 'web' twice", "unique"),
        ("kind: store", "kind: disk", "kind 'disk' is not known", "store"),
        ("from: web, to: db", "from: db, to: db", "a flow from 'db' to itself", "two"),
        ("protocol: https", "protocol: https, chance: 7", "chance '7'", "less than or equal to 1"),
        ("kind: service,", "kind: service, controls: firewal,", "controls 'firewal' is not known", ""),
    ],
)  # fmt: skip
def test_a_wrong_design_is_refused_when_its_price_is_asked(old, new, found, allowed):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(design=LINE.replace(old, new, 1))
    assert found in refusal.value.found
    assert allowed in refusal.value.allowed


def test_an_empty_design_is_refused():
    with pytest.raises(InputRejected, match="no zones"):
        TOOL.input_model(design="name: Nothing")


def test_a_flat_zone_with_more_ways_than_are_searched_is_refused():
    def design(count):
        many = "".join(f"  - {{name: c{i}, kind: device, zone: inside}}\n" for i in range(count))
        flat = LINE.replace("trust: 5", "trust: 5, flat: true")
        return flat.replace("flows:", many + "flows:")

    with pytest.raises(InputRejected, match="ways between components"):
        TOOL.input_model(design=design(77))  # 79 x 78 + 2 = 6,164
    TOOL.input_model(design=design(75))  # 77 x 76 + 2 = 5,854


@pytest.fixture
def derived(tmp_path):
    """The parts of a compose file."""

    def read(text):
        (tmp_path / "compose.yaml").write_text(text)
        return read_compose(tmp_path / "compose.yaml")

    return read


def test_a_compose_file_gives_zones_components_and_flows(derived):
    found = derived(COMPOSE)
    assert found["zones"][1:] == [
        {"name": "network front", "trust": 4, "flat": True},
        {"name": "network back", "trust": 7, "flat": True},
    ]
    kinds = {one["name"]: one["kind"] for one in found["components"]}
    assert kinds == {
        "internet": "external", "proxy": "gateway", "web": "service", "db": "store", "queue": "store",
        "admin": "management",
    }  # fmt: skip
    web = next(one for one in found["components"] if one["name"] == "web")
    assert set(web["controls"]) == {"sandbox", "least-privilege"}
    flows = {(one["from"], one["to"], one["protocol"]) for one in found["flows"]}
    assert flows == {
        ("internet", "proxy", "http"), ("internet", "proxy", "https"), ("internet", "admin", "http"),
        ("proxy", "web", "http"), ("web", "db", "postgresql"), ("web", "queue", "amqp"),
        # drawn in front, and in the network of these as well
        ("web", "admin", "http"), ("admin", "web", "http"),
    }  # fmt: skip


def test_a_port_bound_to_this_machine_is_not_exposed(derived):
    one = "services: {db: {image: postgres, ports: ['%s5432:5432']}}"
    assert derived(one % "127.0.0.1:")["flows"] == []
    assert derived(one % "")["flows"][0]["protocol"] == "postgresql"


@pytest.mark.parametrize(
    ("port", "seen"),
    [  # the short and long forms of the compose specification
        ('"8000"', 8000),
        ('"3000-3005"', 3000),
        ('"9090-9091:8080-8081"', 9090),
        ('"${PORT:-8080}:80"', 8080),
        ('"${PORT}:80"', 80),
        ('"$PORT:80"', 80),
        ('"0.0.0.0:8080:80"', 8080),
        ('"[::]:8080:80"', 8080),
        ('"6060:6060/udp"', 6060),
        ("{target: 80}", 80),
        ("{target: 80, published: '8080-8090'}", 8080),
        ('"127.0.0.1::5000"', None),
        ('"${IP:-127.0.0.1}:8080:80"', None),
        ("{target: 80, published: '8080', host_ip: 127.0.0.1}", None),
    ],
)
def test_a_published_port_is_exposed_however_it_is_written(derived, port, seen):
    flows = derived(f"services: {{web: {{image: app, ports: [{port}]}}}}")["flows"]
    assert [one["port"] for one in flows] == ([] if seen is None else [seen])


def test_a_service_in_the_network_of_the_host_is_exposed(derived):
    flows = derived("services: {db: {image: bitnami/postgresql, network_mode: host}}")["flows"]
    assert [(one["from"], one["to"], one["protocol"]) for one in flows] == [("internet", "db", "postgresql")]


TWO_NETWORKS = """services:
  web: {image: nginx, ports: ["80:80"], networks: [front]}
  app: {image: app, networks: [front, back]}
  db: {image: postgres, networks: [back]}
networks: {front: {}, back: {internal: true}}
"""


def test_a_service_in_two_networks_is_a_way_from_one_to_the_other(search, context):
    result = search("name: x", compose=context.keep("compose.yaml", TWO_NETWORKS))
    assert result.summary["assets"]["db"] > 0
    alone = TWO_NETWORKS.replace("[front, back]", "[front]")
    assert search("name: x", compose=context.keep("compose.yaml", alone)).summary["assets"]["db"] == 0


def test_a_compose_file_with_anchors_is_told_how_to_be_flattened(search, context):
    text = "x-c: &c {restart: always}\nservices: {web: {<<: *c, image: nginx}}"
    with pytest.raises(InputRejected) as refusal:
        search("name: x", compose=context.keep("compose.yaml", text))
    assert "docker compose config" in refusal.value.action


def test_the_design_completes_a_compose_file_and_wins_over_it(search, context):
    text = """
components: [{name: db, kind: store, zone: network back, value: 5, controls: [patching]}]
flows: [{from: web, to: db, protocol: postgresql, authentication: mutual-tls}]
"""
    result = search(text, compose=context.keep("compose.yaml", COMPOSE))
    assert set(result.summary["exposed"]) == {"proxy", "admin"}
    # admin reaches db within the flat network: 0.95 x 0.85 x 1.25 is cut at 0.95, then 0.6 x 0.9 x 0.6
    assert result.summary["assets"]["db"] == pytest.approx(0.95 * 0.54 * 0.6, abs=1e-4)
    assert any("compose" in one for one in result.not_checked)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("version: 3", "0 services"),
        ("services: {web: yes}", "the service 'web' without keys"),
        ("services: &a {web: {image: x}}\nx: *a", "an anchor"),
        ("services: [", "not YAML"),
        ("- 1", "0 services"),
    ],
)
def test_a_wrong_compose_file_is_refused(search, context, text, found):
    with pytest.raises(InputRejected) as refusal:
        search("name: x", compose=context.keep("compose.yaml", text))
    assert found in refusal.value.found


def test_the_graph_is_read_by_networkx_with_its_attributes(context):
    import networkx as nx

    run_example(ID, context)
    graph = nx.read_graphml(io.BytesIO(context.artefacts["architecture.graphml"]))
    names = {data["name"]: number for number, data in graph.nodes(data=True)}
    assert len(names) == 9
    assert graph.nodes[names["anybody"]]["entry"] is True
    assert graph.nodes[names["orders db"]]["value"] == 5
    edge = graph.edges[names["anybody"], names["proxy"]]
    assert (edge["protocol"], edge["described"]) == ("https", True)
    assert graph.edges[names["clerk"], names["file server"]]["described"] is False


def test_the_services_are_valid_cyclonedx(context):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    run_example(ID, context)
    text = context.artefacts["architecture.cdx.json"].decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    broken = text.replace('"trustZone"', '"trustzone"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None


def test_the_layer_scores_techniques_by_their_likeliest_path(search, written):
    search(LINE)
    layer = written("attack-layer.json")
    assert (layer["versions"]["layer"], layer["domain"]) == ("4.5", "enterprise-attack")
    assert {one["techniqueID"]: one["score"] for one in layer["techniques"]}["T1190"] == 46


def test_markup_in_names_stays_text(search, context):
    nasty = LINE.replace("name: web", "name: 'a & \"b\" | c]'").replace(": web", ": 'a & \"b\" | c]'")
    result = search(nasty)
    assert r"a &amp; " in context.artefacts["report.md"].decode()
    for figure in result.figures:
        ET.fromstring(figure.svg)  # noqa: S314  - written by the code under test
    ET.fromstring(context.artefacts["architecture.graphml"])  # noqa: S314  - written by the code under test
    assert "]" not in result.figures[0].mermaid.split("n1(")[1].split(")")[0]


def test_kernel_and_server_give_the_same_answer(context):
    inputs = TOOL.input_model(design=TOOL.example.split("\n", 1)[1])
    assert on_a_server(ID, context, inputs) == TOOL.run(inputs, context)


def large(count):
    """Layers of ten, each reaching the next in full."""
    lines = ["zones: [{name: internet, trust: 0}, {name: inside, trust: 5}]", "components:"]
    lines.append("  - {name: anybody, kind: external, zone: internet}")
    lines += [
        f"  - {{name: c{i}, kind: service, zone: inside, value: {3 if i >= count - 5 else 0}}}"
        for i in range(count)
    ]
    lines.append("flows:")
    lines += [f"  - {{from: anybody, to: c{i}, protocol: https}}" for i in range(10)]
    lines += [
        f"  - {{from: c{i}, to: c{j}, protocol: https, authentication: token}}"
        for i in range(count - 10)
        for j in range((i // 10 + 1) * 10, (i // 10 + 1) * 10 + 5)
    ]
    return "\n".join(lines)


@pytest.mark.measures_time
@pytest.mark.parametrize("size", ["small", "large"])
def test_the_forecast_is_near_what_a_metered_run_uses(context, size):
    text = TOOL.example.split("\n", 1)[1] if size == "small" else large(280)
    inputs = TOOL.input_model(design=text)
    assert_forecast_is_near(ID, context, inputs)
    assert TOOL.forecast(inputs).cpu_ms < 4_000


def test_the_architecture_of_studio_is_read_and_its_ledger_can_be_reached(context):
    text = files("studio_magics.tools.cyber.security_architecture").joinpath("studio.yaml").read_text()
    result = TOOL.run(TOOL.input_model(design=text), context)
    assert set(result.summary["assets"]) == {"ledger", "uploads", "kernel"}
    assert result.summary["risk_after_plan"] < result.summary["risk"] / 2


def test_a_cancelled_run_leaves_no_file(context):
    context.cancels_at = 0.5
    with pytest.raises(RunCancelled):
        run_example(ID, context)
    assert context.artefacts == {}
