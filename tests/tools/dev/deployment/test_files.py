"""Written files against the checkers of their formats, and against what the description asks for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from studio_magics.tools.dev.deployment import TOOL
from studio_magics.tools.dev.deployment.checking import cloudformation_faults, own_faults
from studio_magics.tools.dev.deployment.facts import read_facts
from studio_magics.tools.dev.deployment.inputs import DeploymentInput
from studio_magics.tools.dev.deployment.sizes import azure_size, cloud_run_size, fargate_size
from studio_magics.tools.dev.deployment.tool import STATIC
from tests.tools.dev.folder_context import FolderContext, assert_forecast_is_near

EXAMPLE = TOOL.example.split("\n", 1)[1]
PROGRAMS = Path(sys.executable).parent
BASE = {"name": "shop", "language": "python", "start": "gunicorn a:b", "port": 8080, "health": "/up"}
CLOUDS = {"aws": "eu-central-1", "gcp": "europe-west4", "azure": "northeurope"}
KINDS = {
    "example": EXAMPLE,
    "least": {**BASE, "targets": CLOUDS},
    "node": {**BASE, "language": "node", "start": "node a.js", "build": "npm run build", "targets": CLOUDS},
    "go": {
        **BASE,
        "language": "go",
        "start": "app --port 8080",
        "targets": CLOUDS,
        "secrets": ["A", "B_KEY"],
    },
    "image": {"language": "container", "image": "ghcr.io/a/b:1", "port": 3000, "targets": CLOUDS},
    "static": {"language": "static", "output": "site", "targets": {**CLOUDS, "vercel": "fra1"}},
    "large": {**BASE, "cpu": 4, "memory_mb": 8192, "instances": {"min": 0, "max": 100}, "targets": CLOUDS},
    "odd values": {
        **BASE,
        "environment": {"A": "[concat('x')]", "B": "${HOME} 'q' \"w\" #", "C": "yes", "D": "", "E": "1.10"},
        "targets": CLOUDS,
    },
}
CHECKERS = {
    "compose.yaml": ["check-jsonschema", "--builtin-schema", "vendor.compose-spec"],
    "gcp/cloudbuild.yaml": ["check-jsonschema", "--builtin-schema", "vendor.cloudbuild"],
    "aws/template.yaml": ["cfn-lint", "--regions", "eu-west-1", "eu-central-1", "--"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The result and the files of every kind of description."""
    found = {}
    for name, kind in KINDS.items():
        context = FolderContext(tmp_path_factory.mktemp("kind"), place="server")
        found[name] = (TOOL.run(DeploymentInput(app=kind), context), context.artefacts)
    return found


@pytest.mark.parametrize("name", CHECKERS, ids=list(CHECKERS))
def test_the_files_of_every_kind_pass_the_checker_of_their_format(made, tmp_path, name):
    written = []
    for number, (_, artefacts) in enumerate(made.values()):
        if name in artefacts:
            written.append(tmp_path / f"{number}-{Path(name).name}")
            written[-1].write_bytes(artefacts[name])
    assert len(written) >= len(KINDS) - 1
    program, *options = CHECKERS[name]
    command = [PROGRAMS / program, *options, *written]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_of_any_kind_has_a_fault(made, kind):
    result, _ = made[kind]
    assert result.summary["files_valid"] is True
    assert "file-not-valid" not in {one.code for one in result.findings}


def test_the_checkers_find_what_is_planted(made):
    _, artefacts = made["example"]
    template = yaml.safe_load(artefacts["aws/template.yaml"])
    template["Resources"]["Network"]["Properties"]["CidrBlok"] = "10.0.0.0/8"
    assert any("CidrBlok" in one for one in cloudformation_faults(template, "eu-west-1"))
    service = yaml.safe_load(artefacts["gcp/service.yaml"])
    service["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] = 70_000
    assert any("70000" in one for one in own_faults("gcp/service.yaml", service))
    azure = json.loads(artefacts["azure/template.json"])
    app = next(one for one in azure["resources"] if one["type"] == "Microsoft.App/containerApps")
    app["properties"]["template"]["scale"]["minReplica"] = 1
    assert any("minReplica" in one for one in own_faults("azure/template.json", azure))
    assert own_faults("vercel.json", {"$schema": "x", "headers": [], "region": "fra1"})


def test_the_stack_closes_the_app_to_all_but_the_load_balancer(made):
    _, artefacts = made["example"]
    resources = yaml.safe_load(artefacts["aws/template.yaml"])["Resources"]
    (rule,) = resources["AppGroup"]["Properties"]["SecurityGroupIngress"]
    assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": ["BalancerGroup", "GroupId"]}
    assert rule["FromPort"] == rule["ToPort"] == 8080
    assert "CidrIp" not in rule
    plain = resources["PlainListener"]["Properties"]["DefaultActions"]
    assert [one["Type"] for one in plain] == ["redirect"]
    assert resources["EncryptedListener"]["Properties"]["Protocol"] == "HTTPS"


def test_a_failed_rollout_on_aws_goes_back_by_itself(made):
    _, artefacts = made["example"]
    resources = yaml.safe_load(artefacts["aws/template.yaml"])["Resources"]
    strategy = resources["Service"]["Properties"]["DeploymentConfiguration"]
    assert strategy["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert strategy["Alarms"]["AlarmNames"] == [{"Ref": "ErrorAlarm"}]


def test_secrets_are_in_the_files_by_name_only_and_reachable_by_the_app_alone(made):
    _, artefacts = made["example"]
    resources = yaml.safe_load(artefacts["aws/template.yaml"])["Resources"]
    assert resources["Task"]["Properties"]["ContainerDefinitions"][0]["Secrets"] == [
        {"Name": "DATABASE_URL", "ValueFrom": {"Ref": "DatabaseUrlArn"}}
    ]
    (policy,) = resources["StartRole"]["Properties"]["Policies"]
    assert policy["PolicyDocument"]["Statement"][0]["Resource"] == [{"Ref": "DatabaseUrlArn"}]
    service = yaml.safe_load(artefacts["gcp/service.yaml"])
    variables = service["spec"]["template"]["spec"]["containers"][0]["env"]
    key = {"name": "shop-api-database-url", "key": "latest"}
    assert {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": key}} in variables
    azure = json.loads(artefacts["azure/template.json"])
    app = next(one for one in azure["resources"] if one["type"] == "Microsoft.App/containerApps")
    assert app["properties"]["configuration"]["secrets"][0]["name"] == "shop-api-database-url"


def test_no_image_runs_as_root_and_each_starts_as_described(made):
    for kind, start in (
        ("example", "exec gunicorn shop.wsgi"),
        ("node", "exec node a.js"),
        ("go", '["app",'),
    ):
        _, artefacts = made[kind]
        last_stage = artefacts["Dockerfile"].decode().rsplit("FROM ", 1)[1]
        assert "\nUSER 10001\n" in last_stage
        assert start in last_stage
        assert ":latest" not in artefacts["Dockerfile"].decode()


def test_values_that_look_like_expressions_stay_values(made):
    _, artefacts = made["odd values"]
    azure = artefacts["azure/template.json"].decode()
    assert json.dumps("[[concat('x')]") in azure
    composed = yaml.safe_load(artefacts["compose.yaml"])
    environment = composed["services"]["app"]["environment"]
    assert environment["B"] == "$${HOME} 'q' \"w\" #"
    assert (environment["C"], environment["E"]) == ("yes", "1.10")


SIZES = [
    (fargate_size, 0.25, 512, (256, 512)),
    (fargate_size, 0.25, 2_049, (512, 3_072)),
    (fargate_size, 1, 512, (1_024, 2_048)),
    (fargate_size, 4, 8_192, (4_096, 8_192)),
    (cloud_run_size, 0.5, 256, (1, 512)),
    (cloud_run_size, 1, 5_000, (2, 5_000)),
    (cloud_run_size, 4, 512, (4, 2_048)),
    (azure_size, 0.25, 512, (0.25, 0.5)),
    (azure_size, 0.25, 1_025, (0.75, 1.5)),
    (azure_size, 4, 8_192, (4.0, 8.0)),
]


@pytest.mark.parametrize(("size", "cpu", "memory", "given"), SIZES)
def test_the_smallest_size_that_holds_the_app_is_taken(size, cpu, memory, given):
    assert size(cpu, memory) == given


def test_the_static_site_is_vercels_without_a_function(deploy, context):
    deploy(STATIC)
    value = json.loads(context.artefacts["vercel.json"])
    assert value["outputDirectory"] == "dist"
    assert "functions" not in value
    assert "compose.yaml" not in context.artefacts


def test_python_objects_give_the_same_as_the_text(deploy, context, made):
    deploy({**yaml.safe_load(EXAMPLE), "version": "3.12"})
    assert context.artefacts == made["example"][1]


def test_every_target_has_a_plan_with_all_phases_and_a_picture(made):
    result, artefacts = made["example"]
    value = json.loads(artefacts["plan.json"])
    for target in value["targets"]:
        phases = {one["phase"] for one in target["steps"]}
        assert phases == {"prepare", "check", "roll out", "look", "roll back"}
    assert [one.title for one in result.figures[:3]] == [
        "shop-api on AWS, eu-west-1",
        "shop-api on Google Cloud, europe-west1",
        "shop-api on Azure, westeurope",
    ]
    assert all(one.mermaid.startswith("flowchart LR") for one in result.figures[:3])
    assert "the app reads its secrets" in result.figures[0].alt_text


def test_the_migration_comes_before_the_new_version(made):
    _, artefacts = made["example"]
    plan = artefacts["PLAN.md"].decode()
    for part in plan.split("\n## ")[1:]:
        steps = part[part.index("### Roll out") :]
        assert steps.index("manage.py migrate") < steps.index("- [ ]", steps.index("manage.py migrate"))


DOCKER = "FROM python\nEXPOSE 5000\nCMD python app.py\n"
REPOSITORIES = [
    (
        {"requirements.txt": "gunicorn", "Procfile": "web: gunicorn a:b --bind 0.0.0.0:9000\n"},
        "gunicorn a:b",
        9000,
    ),
    ({"package.json": '{"scripts": {"start": "node a.js"}}', "yarn.lock": ""}, "npm start", 3000),
    ({"Dockerfile": DOCKER, "requirements.txt": ""}, "", 5000),
]


@pytest.mark.parametrize(("files", "start", "port"), REPOSITORIES, ids=["procfile", "scripts", "dockerfile"])
def test_a_repository_says_how_its_app_starts(deploy, context, files, start, port):
    wanted = {"targets": {"gcp": "europe-west1"}}
    if port == 3000:
        wanted["port"] = 3000
    result = deploy(wanted, files)
    service = yaml.safe_load(context.artefacts["gcp/service.yaml"])
    ports = service["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert ports == [{"name": "http1", "containerPort": port}]
    assert result.tables[-1].title == "Seen in the repository"
    assert ("Dockerfile" in context.artefacts) is bool(start)
    assert start in context.artefacts.get("Dockerfile", b"").decode()


def test_the_repositorys_own_dockerfile_is_kept_and_looked_at(deploy):
    result = deploy({"targets": {"gcp": "europe-west1"}}, {"Dockerfile": DOCKER})
    assert {"image-runs-as-root", "image-without-version"} <= {one.code for one in result.findings}
    sound = "FROM python:3.12 AS a\nFROM a\nUSER 1000\nEXPOSE 5000\n"
    result = deploy({"targets": {"gcp": "europe-west1"}}, {"Dockerfile": sound})
    assert not {"image-runs-as-root", "image-without-version"} & {one.code for one in result.findings}


def test_every_price_belongs_to_a_known_region(context):
    facts = read_facts(None, context)
    for provider, rows in facts.prices.items():
        assert set(rows) - {"anywhere"} <= set(facts.regions[provider])


@pytest.mark.measures_time
def test_the_forecast_is_near_what_a_metered_run_uses(context):
    assert_forecast_is_near("studio_magics.tools.dev.deployment", DeploymentInput(app=EXAMPLE), context)
