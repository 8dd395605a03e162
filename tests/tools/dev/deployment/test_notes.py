"""Notes on risk and cost against figures worked out by hand, and what is refused."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.deployment.inputs import DeploymentInput

SOUND = {
    "name": "shop", "language": "python", "start": "gunicorn a:b --bind 0.0.0.0:8080", "port": 8080,
    "health": "/up", "cpu": 1, "memory_mb": 2048, "instances": {"min": 2, "max": 6},
    "domain": "shop.example.com",
    "traffic": {"requests_per_day": 1000, "milliseconds": 100}, "targets": {"azure": "westeurope"},
}  # fmt: skip


def codes(result):
    return {one.code for one in result.findings}


def test_a_sound_app_has_no_note(deploy):
    assert deploy(SOUND).findings == ()


NOTES = [
    ("development-server", {"start": "flask run --host 0.0.0.0"}),
    ("development-server", {"start": "uvicorn a:b --reload"}),
    ("listens-to-itself", {"start": "gunicorn a:b --bind 127.0.0.1:8080"}),
    ("another-port", {"start": "gunicorn a:b --bind 0.0.0.0:8000"}),
    ("no-health-check", {"health": None}),
    ("privileged-port", {"port": 80, "start": "gunicorn a:b"}),
    ("not-encrypted", {"domain": None, "targets": {"aws": "eu-west-1"}}),
    ("public-subnets", {"targets": {"aws": "eu-west-1"}}),
    ("too-few-instances", {"traffic": {"requests_per_day": 10_000_000, "milliseconds": 1000}}),
    ("no-spare-instance", {"instances": {"min": 1}}),
    ("cold-start", {"instances": {"min": 0}}),
    ("not-to-zero", {"instances": {"min": 0}, "targets": {"aws": "eu-west-1"}}),
    ("traffic-assumed", {"traffic": None}),
    ("larger-size", {"cpu": 0.25, "targets": {"gcp": "europe-west1"}}),
    ("several-jurisdictions", {"targets": {"azure": "westeurope", "gcp": "us-central1"}}),
    ("function-time", {"traffic": {"milliseconds": 61_000}, "targets": {"vercel": "fra1"}}),
    ("static-in-container", {"language": "static", "start": None}),
    ("files-are-lost", {"keeps_files": True}),
    ("schema-goes-first", {"migrate": "alembic upgrade head"}),
    ("secrets-to-create", {"secrets": ["A_TOKEN"]}),
    ("image-without-digest", {"language": "container", "image": "ghcr.io/a/b:1"}),
    ("no-price", {"targets": {"azure": "brazilsouth"}}),
]


@pytest.mark.parametrize(("code", "change"), NOTES, ids=[f"{one[0]} {n}" for n, one in enumerate(NOTES)])
def test_each_risk_is_told(deploy, code, change):
    app = {key: value for key, value in {**SOUND, **change}.items() if value is not None}
    assert code in codes(deploy(app))


def test_a_month_on_aws_is_worked_out_from_the_list_prices(deploy):
    app = {**SOUND, "instances": {"min": 2, "max": 6}, "targets": {"aws": "us-east-1"}}
    lines = {row[1]: row[3] for row in deploy(app).tables[2].rows}
    assert lines == {
        "processors": 59.10,  # 2 × 1 vCPU × 730 h × 0.04048
        "memory": 12.98,  # 2 × 2 GB × 730 h × 0.004445
        "load balancer": 22.27,  # 730 h × 0.0305
        "public addresses": 14.60,  # 4 × 730 h × 0.005
        "traffic out": 0.0,
    }


def test_a_month_on_azure_counts_idle_and_busy_time(deploy):
    traffic = {"requests_per_day": 1_000_000, "milliseconds": 100, "kilobytes": 10, "concurrency": 10}
    app = {**SOUND, "instances": {"min": 1, "max": 6}, "traffic": traffic}
    lines = {row[1]: row[3] for row in deploy(app).tables[2].rows}
    # 1.157 requests at once: 3,000,000 s of answers are 2,592,000 s of one instance; 180,000 are free.
    assert lines["processors"] == pytest.approx(57.89, abs=0.01)
    assert lines["memory"] == pytest.approx((2 * 2_592_000 - 360_000) * 0.000003, abs=0.01)
    assert lines["idle processors"] == 0.0
    assert lines["requests"] == pytest.approx(11.20)  # 28 million paid × 0.40
    assert lines["traffic out"] == pytest.approx(17.40)  # 300 GB, 200 paid × 0.087


def test_the_busiest_hour_decides_how_many_instances_there_must_be(deploy):
    traffic = {"requests_per_day": 864_000, "milliseconds": 2_000, "concurrency": 10}
    # 10 a second, 30 in the busiest hour, 60 at once, 10 in each
    assert deploy({**SOUND, "traffic": traffic}).summary["peak_instances"] == 6


def test_newer_facts_replace_tables_and_give_their_date(deploy, context):
    table = 'as_of = 2026-02-01\n[regions.azure]\nmoonbase = "EU"\n'
    facts = context.keep("facts.toml", table.encode())
    result = deploy({**SOUND, "targets": {"azure": "moonbase"}}, facts=facts)
    assert result.provenance.data_as_of["regions and list prices"] == "2026-02-01"
    assert codes(result) == {"no-price"}


def test_old_prices_are_told_after_a_year(deploy, context):
    assert "prices-old" not in codes(deploy(SOUND))
    context.now = datetime(2026, 8, 1, tzinfo=UTC)
    assert "prices-old" in codes(deploy(SOUND))


def test_files_that_no_published_checker_read_are_named_as_such(deploy):
    said = " ".join(deploy(SOUND).not_checked)
    assert "azure/template.json: no package brings the provider's own checker" in said


TOKEN = "ghp_" + "a" * 36
WRONG = [
    ({"targets": None}, "no 'targets'"),
    ({"targets": {}}, "no target"),
    ({"targets": {"ibm": "eu-de"}}, "the key 'ibm' is not known"),
    ({"targets": {"aws": "eu-west-9"}}, "'eu-west-9'"),
    ({"port": None}, "no 'port'"),
    ({"port": 70_000}, "70,000"),
    ({"start": None}, "no 'start' command"),
    ({"start": f"app --token {TOKEN}"}, "a GitHub token written in clear"),
    ({"environment": {"DB_PASSWORD": "hunter2"}}, "a value for what looks like a secret"),
    ({"environment": {"PORT": "1"}}, "the name 'PORT'"),
    ({"environment": {"A": "1"}, "secrets": ["A"]}, "'A' is also in 'environment'"),
    ({"secrets": [TOKEN]}, "'ghp_"),
    ({"instances": {"min": 5, "max": 2}}, "min 5 above max 2"),
    ({"cpu": "nan"}, "nan"),
    ({"cpu": 64}, "64"),
    ({"health": "up"}, "'up'"),
    ({"domain": "localhost"}, "'localhost'"),
    ({"name": "Shop API"}, "'Shop API'"),
    ({"language": "go", "targets": {"vercel": "fra1"}}, "Vercel for 'go'"),
    ({"language": "go", "start": "app 'x"}, "quotes do not close"),
    ({"language": "container"}, "without an image"),
    ({"language": "static", "port": 80}, "port 80 for a static site"),
    ({"build": "a\x07b"}, "several lines"),
    ({"output": "../up"}, "'../up'"),
]


@pytest.mark.parametrize(("change", "found"), WRONG, ids=[one[1][:30] for one in WRONG])
def test_a_wrong_description_is_refused_before_any_work(deploy, context, change, found):
    app = {key: value for key, value in {**SOUND, **change}.items() if value is not None}
    with pytest.raises(InputRejected) as refusal:
        deploy(app)
    assert found in refusal.value.found
    assert refusal.value.field == "app"
    assert context.artefacts == {}


def test_a_secret_in_a_command_is_never_repeated(deploy):
    for call in (
        lambda: deploy({**SOUND, "start": f"app {TOKEN}"}),
        lambda: deploy(
            {"targets": {"gcp": "europe-west1"}}, {"go.mod": "", "Procfile": f"web: app {TOKEN}\n"}
        ),
    ):
        with pytest.raises(InputRejected) as refusal:
            call()
        assert TOKEN not in json.dumps(vars(refusal.value))


@pytest.mark.parametrize("table", ["as_of = 1", "{", "as_of = 2026-01-01\n[prices.aws.x]\ny = -1"])
def test_wrong_facts_are_refused(deploy, context, table):
    with pytest.raises(InputRejected) as refusal:
        deploy(SOUND, facts=context.keep("facts.toml", table.encode()))
    assert refusal.value.field == "facts"


def test_a_repository_without_targets_is_refused_with_what_to_add(deploy):
    with pytest.raises(InputRejected) as refusal:
        deploy("", {"Dockerfile": "FROM python:3.12\n"})
    assert refusal.value.allowed == "targets: {aws: eu-west-1}"


def test_nothing_at_all_is_refused():
    with pytest.raises(ValidationError, match="give 'app'"):
        DeploymentInput()
