"""Secrets of each kind are found, and real code that only speaks of secrets is left alone."""

import math
import time
from pathlib import Path

import cryptography
import pytest
import sqlalchemy

from studio_magics.tools.dev.clear_secrets import SHAPES, SIGNS
from studio_magics.tools.dev.security.config_scan import _block
from studio_magics.tools.dev.security.secrets_scan import _of_file

MIXED = "aB3dE6gH9jK2mN5pQ8rSt1uV4wX7yZ0bC3dE6fG9hJ2kL5nP8qR1sT4vW7xY0zA3cD6fH9gJ2kL5nP8qR1sTvW"
LETTERS = "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"
PLANTED = {
    "an AWS access key": "AKIA" + "QWERTYUIOPASDFGH",
    "a GitHub token": "ghp_" + MIXED[:36],
    "a GitLab token": "glpat-" + MIXED[:20],
    "a Slack token": "xoxb-" + "123456789012-abcdef",
    "a Slack webhook": "https://hooks.slack.com/services/" + "T0AB/B0CD/" + MIXED[:24],
    "a Stripe key": "sk_live_" + MIXED[:24],
    "a Google key": "AIza" + MIXED[:35],
    "a package index token": "pypi-AgEIcHlwaS5vcmc" + MIXED[:60],
    "an npm token": "npm_" + MIXED[:36],
    "a private key": "-----BEGIN ENCRYPTED " + "PRIVATE KEY-----",
    "an OpenAI key": "sk-proj-" + MIXED[:48],
    "an Anthropic key": "sk-ant-api03-" + MIXED[:85],
    "a Hugging Face token": "hf_" + LETTERS,
    "a SendGrid key": "SG." + MIXED[:22] + "." + MIXED[:43],
    "a DigitalOcean token": "dop_v1_" + "0123456789abcdef" * 4,
    "a Shopify token": "shpat_" + "0123456789abcdef" * 2,
    "a key of Azure storage": "AccountKey=" + MIXED[:86] + "==",
    "a Discord webhook": "https://discord.com/api/webhooks/" + "1" * 18 + "/" + MIXED[:68],
    "a Telegram token": "123456789:AA" + MIXED[:33],
    "a signed token": "eyJ" + MIXED[:20] + ".eyJ" + MIXED[:20] + "." + MIXED[:20],
    "a password in an address": "redis://:Qx7-kk2_Lm@cache.internal:6379/0",
}


@pytest.mark.parametrize(("kind", "secret"), PLANTED.items())
def test_each_kind_of_secret_is_found_in_any_text(kind, secret):
    (found,) = _of_file("notes.md", f"one\n{secret}\n")
    assert (found.line, found.said) == (2, f"{kind} in the text")


def test_every_shape_is_planted_above_and_has_a_sign():
    assert {title for title, _ in SHAPES} == PLANTED.keys() == SIGNS.keys()


ASSIGNED = [
    ("deploy.yaml", "  db_password: Tr0ub4dor3xy9 # later"),
    ("values.yml", "- apiToken: zX9kQ2mN7pR4"),
    ("app.py", "aws_secret_access_key = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz'"),
    ("app.py", "token = 'example'; password = 'zX9kQ2mN7pR4'"),
    ("web.js", "headers = {'x-api-key': 'zX9kQ2mN7pR4tV8w'}"),
    (".npmrc", "//registry.example.org/:_authToken=zX9kQ2mN7pR4tV8w"),
    (".netrc", "machine a.example.org login me password zX9kQ2mN7pR4"),
]


@pytest.mark.parametrize(("name", "line"), ASSIGNED)
def test_a_secret_under_a_name_is_found_as_the_kind_of_file_writes_it(name, line):
    assert [one.rule for one in _of_file(name, line)] == ["secret-assigned"]


NO_SECRETS = [
    ("a.json", '"AWS::IAM::AccessKey": "bf29289b78d371e3"'),
    ("a.py", "tokens: 'ConfirmationTokenService'"),
    ("a.py", 'TOKEN = "[a-zA-Z_][a-zA-Z0-9_-]*"'),
    ("a.py", 'START = b"-----BEGIN OPENSSH PRIVATE KEY-----"'),
    ("a.py", 'downgrade_token="%s_downgrades" % name'),
    ("a.yaml", "secretName: app-tls-2024x"),
    ("a.yaml", "password: ${DB_PASSWORD}"),
    ("a.md", "key " + "AKIA" + "IOSFODNN7EXAMPLE"),
    ("a.py", "assert url == 'https://jo:s3cretS3cret@www.example.com'"),
    ("a.cfg", "@tokenizers = 'spacy.Tokenizer.v1'"),
]


@pytest.mark.parametrize(("name", "line"), NO_SECRETS)
def test_what_only_looks_like_a_secret_is_left_alone(name, line):
    assert list(_of_file(name, line)) == []


@pytest.mark.parametrize("package", [cryptography, sqlalchemy], ids=lambda one: one.__name__)
def test_real_packages_that_speak_of_secrets_all_day_have_almost_none(package):
    root = Path(package.__file__).parent
    found = [one for path in sorted(root.rglob("*.py")) for one in _of_file(path.name, path.read_text())]
    assert len(found) <= 2, found


def test_the_time_for_a_long_line_grows_with_its_length_and_not_with_its_square():
    for sign in ("a.b-", "0a", "aB3+", "a-----", "://"):
        line = "token " + sign * (200_000 // len(sign))
        begin = time.process_time()
        list(_of_file("a.ipynb", line))
        assert time.process_time() - begin < 4, sign


def test_a_block_of_terraform_is_the_innermost_one_with_its_name():
    text = 'resource "a" "b" {\n  egress {\n    x = 1\n  }\n  ingress {\n    y = 2\n  }\n}\n'
    assert _block(text, text.index("x =")).split() == ["egress", "{", "x", "=", "1"]
    assert _block(text, text.index("y =")).split() == ["ingress", "{", "y", "=", "2"]
    assert math.isfinite(len(_block("y = 2", 0)))


RULE = """resource "aws_security_group" "a" {{
  {way} {{
    from_port = 22
    cidr_blocks = [
      "0.0.0.0/0",
    ]
  }}
}}
"""


def test_what_may_go_out_to_the_world_is_not_open_to_it(scan):
    assert scan({"net.tf": RULE.format(way="egress")}).findings == ()
    (found,) = scan({"net.tf": RULE.format(way="ingress")}).findings
    assert (found.code, found.where) == ("open-to-the-world", "net.tf:4")
    single = 'resource "aws_vpc_security_group_ingress_rule" "a" {\n  cidr_ipv4 = "0.0.0.0/0"\n}\n'
    assert [one.code for one in scan({"net.tf": single}).findings] == ["open-to-the-world"]


def test_a_stage_keeps_the_user_of_the_stage_it_is_built_on(scan):
    text = "FROM python:3.12 AS Base\nUSER app\nFROM base\nCMD x\n"
    assert scan({"Dockerfile": text}).findings == ()
    assert [one.code for one in scan({"Dockerfile": text.replace("USER app\n", "")}).findings] == [
        "image-runs-as-root"
    ]


def test_a_compose_file_that_cannot_be_read_is_not_called_clean(scan):
    text = "services:\n  a:\n    privileged: !flag true\n    image: b:1\n"
    result = scan({"compose.yml": text, "a.py": "x = 1\n"})
    told = next(line for line in result.not_checked if line.startswith("Configuration not read"))
    assert "compose.yml" in told
