"""Secrets of each kind are found, and real code that only speaks of secrets is left alone."""

import math
import time
from base64 import b64encode
from pathlib import Path

import cryptography
import pytest
import sqlalchemy

from studio_magics.tools.dev.clear_secrets import clear_secret
from studio_magics.tools.dev.secret_shapes import ROWS
from studio_magics.tools.dev.security.config_scan import _block
from studio_magics.tools.dev.security.secrets_scan import _of_file

MIXED = "aB3dE6gH9jK2mN5pQ8rSt1uV4wX7yZ0bC3dE6fG9hJ2kL5nP8qR1sT4vW7xY0zA3cD6fH9gJ2kL5nP8qR1sTvW"
LETTERS = "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"
HEX = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 5
UUID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
PLANTED = {
    # each as its maker writes it: a fixed beginning, and as many signs as it has
    "an AWS access key": ["AKIA" + "QWERTYUIOPASDFGH", "ASIA" + "QWERTYUIOPASDFGH"],
    "an AWS Bedrock key": ["ABSK" + MIXED * 2],
    "a Google key": ["AIza" + MIXED[:35]],
    "a Google client secret": ["GOCSPX-" + MIXED[:28]],
    "a key of Azure storage": ["AccountKey=" + MIXED[:86] + "=="],
    "a key of an Azure bus": ["SharedAccessKey=" + MIXED[:43] + "="],
    "an Azure client secret": ["aB3" + "8Q~" + MIXED[:34]],
    "an Alibaba key": ["LTAI" + MIXED[:20]],
    "a DigitalOcean token": ["dop_v1_" + HEX[:64], "dor_v1_" + HEX[:64]],
    "a Heroku key": ["HRKU-" + "AA" + MIXED[:58], "HEROKU_API_KEY=" + UUID],
    "a Fly token": ["fm2_" + MIXED + MIXED, "fo1_" + MIXED[:43]],
    "a Netlify token": ["nfp_" + MIXED[:36]],
    "a Cloudflare key": ["v1.0-" + HEX[:24] + "-" + HEX[:146]],
    "a Pulumi token": ["pul-" + HEX[:40]],
    "a Terraform token": [MIXED[:14] + ".atlasv1." + MIXED[:67]],
    "a Vault token": ["hvs." + MIXED[:24], "hvb." + MIXED + MIXED],
    "a Doppler token": ["dp.pt." + MIXED[:43], "dp.st.prd." + MIXED[:43]],
    "a 1Password token": ["ops_" + "eyJ" + MIXED * 3],
    "a GitHub token": ["ghp_" + MIXED[:36], "ghs_" + MIXED[:36], "github_pat_" + MIXED[:82]],
    "a GitLab token": ["glpat-" + MIXED[:20], "gldt-" + MIXED[:20], "glrt-" + MIXED[:27] + ".01.0a1b2c3d4"],
    "an Atlassian token": ["ATATT3" + MIXED * 2 + MIXED[:12] + "=0A1B2C3D", "ATBB" + MIXED[:32]],
    "a package index token": [
        "pypi-AgEIcHlwaS5vcmc" + MIXED[:60],
        "pypi-AgENdGVzdC5weXBpLm9yZw" + MIXED[:60],
    ],
    "an npm token": ["npm_" + MIXED[:36]],
    "a RubyGems key": ["rubygems_" + HEX[:48]],
    "a NuGet key": ["oy2" + HEX[:43]],
    "a crates.io token": ["cio" + MIXED[:32]],
    "a Docker token": ["dckr_pat_" + MIXED[:27], "dckr_oat_" + MIXED[:32]],
    "an Artifactory key": ["AKCp" + MIXED[:69], "cmVmdGtu" + MIXED[:56]],
    "a Sonar token": ["squ_" + HEX[:40], "sqp_" + HEX[:40]],
    "a Postman key": ["PMAK-" + HEX[:24] + "-" + HEX[:34]],
    "a Stripe key": ["sk_live_" + MIXED[:24], "rk_live_" + MIXED[:24]],
    "a secret of a webhook": ["whsec_" + MIXED[:32]],
    "a Square token": ["sq0atp-" + MIXED[:22], "sq0csp-" + MIXED[:43], "EAAA" + "E" + MIXED[:59]],
    "a Shopify token": ["shpat_" + HEX[:32], "shpss_" + HEX[:32]],
    "a Slack token": [
        "xoxb-" + "123456789012-abcdef",
        "xoxe.xoxp-" + "1-" + MIXED * 2,
        "xapp-" + "1-A0123BC-12345678-" + HEX[:64],
    ],
    "a Slack webhook": [
        "https://hooks.slack.com/services/" + "T0AB/B0CD/" + MIXED[:24],
        "https://hooks.slack.com/workflows/" + "T0AB/A0CD/1234567890/" + MIXED[:24],
        "https://hooks.slack.com/triggers/" + "T0AB/1234567890/" + HEX[:32],
    ],
    "a Discord webhook": ["https://discord.com/api/webhooks/" + "1" * 18 + "/" + MIXED[:68]],
    "a Discord token": ["discord MTA" + MIXED[:23] + "." + "GaBc1d" + "." + MIXED[:38]],
    "a Teams webhook": [
        "https://acme.webhook.office.com/webhookb2/" + f"{UUID}@{UUID}/IncomingWebhook/{HEX[:32]}/{UUID}"
    ],
    "a Telegram token": ["123456789:AA" + MIXED[:33]],
    "a Twilio key": ["SK" + HEX[:32]],
    "a SendGrid key": ["SG." + MIXED[:22] + "." + MIXED[:43]],
    "a Mailgun key": ["key-" + HEX[:32]],
    "a newer Mailgun key": ["mailgun " + HEX[:32] + "-" + HEX[:8] + "-" + HEX[:8]],
    "a Mailchimp key": [HEX[:32] + "-us14"],
    "a Brevo key": ["xkeysib-" + HEX[:64] + "-" + MIXED[:16]],
    "an OpenAI key": ["sk-proj-" + MIXED[:48], "sk-" + MIXED[:20] + "T3Blbk" + "FJ" + MIXED[:20]],
    "an Anthropic key": ["sk-ant-" + "api03-" + MIXED[:85], "sk-ant-" + "admin01-" + MIXED[:85]],
    "an OpenRouter key": ["sk-or-v1-" + HEX[:64]],
    "a Hugging Face token": ["hf_" + LETTERS, "api_org_" + LETTERS],
    "a Groq key": ["gsk_" + MIXED[:52]],
    "a Perplexity key": ["pplx-" + MIXED[:48]],
    "a Replicate token": ["r8_" + MIXED[:37]],
    "an xAI key": ["xai-" + MIXED[:80]],
    "a LangSmith key": ["lsv2_" + "pt_" + HEX[:32] + "_" + HEX[:10]],
    "a Databricks token": ["dapi" + HEX[:32], "dapi" + HEX[:32] + "-2"],
    "a PlanetScale secret": ["pscale_tkn_" + MIXED[:43], "pscale_pw_" + MIXED[:43]],
    "a Supabase key": ["sbp_" + HEX[:40], "sb_secret_" + MIXED[:31]],
    "a Dropbox token": ["sl." + MIXED * 2, "sl.u." + MIXED * 2],
    "an Airtable token": ["pat" + MIXED[:14] + "." + HEX[:64]],
    "a Notion token": ["ntn_" + "12345678901" + MIXED[:35], "secret_" + MIXED[:43]],
    "a Linear key": ["lin_api_" + MIXED[:40]],
    "a Figma token": ["figd_" + MIXED[:40]],
    "a HubSpot token": ["pat-na1-" + UUID, "pat-eu1-" + UUID],
    "a Mapbox secret": ["sk.eyJ" + MIXED[:60] + "." + MIXED[:22]],
    "a Grafana token": ["glsa_" + MIXED[:32] + "_" + HEX[:8], "glc_eyJ" + MIXED],
    "a New Relic key": ["NRAK-" + "AB12C" * 5 + "DE", "eu01xx" + HEX[:30] + "NRAL", HEX[:36] + "NRAL"],
    "a Datadog key": ["DD_API_KEY=" + HEX[:32], "datadog_app_key: " + HEX[:40]],
    "a Dynatrace token": ["dt0c01." + "AB12CD" * 4 + "." + "AB12CD34" * 8],
    "a Sentry token": ["sntryu_" + HEX[:64], "sntrys_" + "eyJ" + MIXED + "_" + MIXED[:43]],
    "a private key": ["-----BEGIN ENCRYPTED " + "PRIVATE KEY-----", "-----BEGIN " + "PRIVATE KEY-----\\nMII"],
    "a private key in base64": [
        "client-key-data: "
        + b64encode(f"-----BEGIN {kind}".encode() + b"PRIVATE KEY-----" + b"x" * 60).decode()
        for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ")
    ],
    "an age key": ["AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" + "QPZRY9X8GF2TVDW0S3JN54KHCE"],
    "a signed token": ["eyJ" + MIXED[:20] + ".eyJ" + MIXED[:20] + "." + MIXED[:20]],
    "a password in an address": ["redis://:Qx7-kk2_Lm@cache.internal:6379/0"],
}
EACH = [(kind, secret) for kind, several in PLANTED.items() for secret in several]


@pytest.mark.parametrize(("kind", "secret"), EACH, ids=[f"{kind} {n}" for n, (kind, _) in enumerate(EACH)])
def test_each_kind_of_secret_is_found_in_any_text(kind, secret):
    quoted = f'one\nx("{secret}")\n' if kind != "a private key" else f"one\nx = '{secret}\\nMII'\n"
    for text in (f"one\n{secret}\n", quoted, f"one\n  {secret} # old\n"):
        (found,) = _of_file("notes.md", text)
        assert (found.line, found.said) == (2, f"{kind} in the text")
    assert clear_secret(secret) == kind


def test_every_shape_is_planted_above_and_has_a_sign():
    assert [title for title, signs, _ in ROWS if signs] == list(PLANTED)


@pytest.mark.parametrize(
    "secret", [one for kind, one in EACH if kind not in {"a private key", "a password in an address"}]
)
def test_the_beginning_of_a_shape_alone_is_none(secret):
    for other in (secret[:12], secret[:8] + "." * len(secret)):
        assert [one for one in _of_file("notes.md", other) if one.rule == "secret-shape"] == []


TWILIO = [
    f'client = Client("AC{HEX[:32]}", "{HEX[1:33]}")',
    f"curl -u AC{HEX[:32]}:{HEX[1:33]} https://api.twilio.com/",
    f"account AC{HEX[:32]}\n\ntwilio says {HEX[1:33]}",
    f"{HEX[1:33]}\nAC{HEX[:32]}",
]


@pytest.mark.parametrize("text", TWILIO)
def test_a_token_beside_the_number_of_a_twilio_account_is_found_and_no_other_hash_is(text):
    def told(text):
        return [one.said for one in _of_file("notes.md", text) if "Twilio" in one.said]

    assert told(text) == ["a Twilio token in the text"]
    assert told(text.replace("AC", "MD")) == []
    assert told(text.replace(f"AC{HEX[:32]}", "\n" * 9 + f"AC{HEX[:32]}" + "\n" * 9)) == []
    assert told(f"account AC{HEX[:32]}") == []


@pytest.mark.parametrize(
    "text",
    [
        "SLACK_TOKEN is of the form xoxb-" + "your-token-here",
        "export GH=ghp_" + "x" * 36,
        "stripe listen prints whsec_" + "example" * 6,
        "key-" + "value-store",
        "use sk_live_" + "XXXXXXXXXXXXXXXXXXXXXXXX",
    ],
)
def test_a_shape_that_is_only_explained_is_no_secret(text):
    assert list(_of_file("notes.md", text)) == []


ASSIGNED = [
    ("deploy.yaml", "  db_password: Tr0ub4dor3xy9 # later"),
    ("values.yml", "- apiToken: zX9kQ2mN7pR4"),
    ("app.py", "aws_secret_access_key = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz'"),
    ("app.py", "token = 'example'; password = 'zX9kQ2mN7pR4'"),
    ("web.js", "headers = {'x-api-key': 'zX9kQ2mN7pR4tV8w'}"),
    (".npmrc", "//registry.example.org/:_authToken=zX9kQ2mN7pR4tV8w"),
    (".netrc", "machine a.example.org login me password zX9kQ2mN7pR4"),
    ("app.py", "password: str = 'zX9kQ2mN7pR4'"),
    ("app.py", "os.environ['API_KEY'] = 'zX9kQ2mN7pR4'"),
    ("app.py", "os.environ.get('API_KEY', 'zX9kQ2mN7pR4')"),
    ("web.js", "const key = process.env.API_KEY || 'zX9kQ2mN7pR4'"),
    ("wp-config.php", "define('DB_PASSWORD', 'zX9kQ2mN7pR4');"),
    ("appsettings.json", '"Default": "Server=db1;User Id=sa;Password=zX9kQ2mN7pR4;Encrypt=True"'),
    ("App.java", 'url = "jdbc:mysql://db:3306/shop?user=app&password=zX9kQ2mN7pR4";'),
    ("web.config.xml", '<add key="ApiKey" value="zX9kQ2mN7pR4tV8w" />'),
    ("settings.xml", "<password>zX9kQ2mN7pR4</password>"),
    ("compose.yml", "      - POSTGRES_PASSWORD=zX9kQ2mN7pR4"),
    ("README.md", "export AWS_SECRET_ACCESS_KEY=zX9kQ2mN7pR4tV8wzX9kQ2mN7pR4tV8wabcdEFGH"),
    ("README.md", "$ tool --api-key=zX9kQ2mN7pR4tV8w upload"),
    ("notes.md", "curl -u admin:zX9kQ2mN7pR4 https://x.internal/"),
    ("client.py", 'headers = {"Authorization": "Bearer zX9kQ2mN7pR4tV8wzX9k"}'),
    ("setup.ps1", 'ConvertTo-SecureString "zX9kQ2mN7pR4" -AsPlainText -Force'),
    ("hosts.ini", "web1 ansible_ssh_pass=zX9kQ2mN7pR4"),
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
    ("a.py", "null_token: str = '__null_token_value__'"),
    ("a.py", "os.environ.get('API_KEY', 'changeme')"),
    ("a.py", "parser.add_argument('--token', '--api-token', help='x')"),
    ("a.json", '"Default": "Server=db1;User Id=sa;Password=${DB_PASSWORD};"'),
    ("a.xml", '<add key="TokenUrl" value="zX9kQ2mN7pR4tV8w" />'),
    ("a.xml", "<password>{{ password }}</password>"),
    ("a.yml", "      - POSTGRES_PASSWORD=${POSTGRES_PASSWORD}"),
    ("a.md", "export API_KEY=<your key>"),
    ("a.md", "tool --token TOKEN --password PASSWORD"),
    ("a.md", "curl -u admin:$PASSWORD https://x.internal/"),
    ("a.py", 'headers = {"Authorization": f"Bearer {token}"}'),
    ("a.ini", "web1 ansible_ssh_pass={{ vault_pass }}"),
]


@pytest.mark.parametrize(("name", "line"), NO_SECRETS)
def test_what_only_looks_like_a_secret_is_left_alone(name, line):
    assert list(_of_file(name, line)) == []


@pytest.mark.parametrize("package", [cryptography, sqlalchemy], ids=lambda one: one.__name__)
def test_real_packages_that_speak_of_secrets_all_day_have_almost_none(package):
    root = Path(package.__file__).parent
    found = [one for path in sorted(root.rglob("*.py")) for one in _of_file(path.name, path.read_text())]
    assert len(found) <= 2, found


@pytest.mark.measures_time
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
