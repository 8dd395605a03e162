"""How secrets of well-known services look: facts that their makers or public lists of rules tell."""

from __future__ import annotations

UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
GIVEN = r"[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
"""Between a name and its value."""
ROWS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    # Clouds and hosting
    ("an AWS access key", ("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)(?![0-9A-Z]*EXAMPLE)[0-9A-Z]{16}\b"),
    ("an AWS Bedrock key", ("ABSK",), r"\bABSK[A-Za-z0-9+/]{109,269}={0,2}"),
    ("a Google key", ("AIza",), r"\bAIza[A-Za-z0-9_-]{35}\b"),
    ("a Google client secret", ("GOCSPX-",), r"\bGOCSPX-[A-Za-z0-9_-]{28}\b"),
    ("a key of Azure storage", ("AccountKey=",), r"\bAccountKey=[A-Za-z0-9+/]{86}=="),
    ("a key of an Azure bus", ("SharedAccessKey=",), r"\bSharedAccessKey=[A-Za-z0-9+/]{43}="),
    ("an Azure client secret", ("Q~",), r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])"),
    ("an Alibaba key", ("LTAI",), r"\bLTAI[A-Za-z0-9]{20}\b"),
    ("a DigitalOcean token", ("_v1_",), r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    (
        "a Heroku key",
        ("HRKU-", "eroku", "EROKU"),
        rf"\bHRKU-(?:AA[A-Za-z0-9_-]{{58}}|{UUID})|(?i:heroku[\w.-]{{0,20}}(?:key|token){GIVEN}{UUID})\b",
    ),
    ("a Fly token", ("fm1", "fm2_", "fo1_"), r"\b(?:fm1[ar]|fm2)_[A-Za-z0-9+/]{100,}|\bfo1_[\w-]{43}\b"),
    ("a Netlify token", ("nfp_",), r"\bnfp_[A-Za-z0-9]{36}\b"),
    ("a Cloudflare key", ("v1.0-",), r"\bv1\.0-[0-9a-f]{24}-[0-9a-f]{146}\b"),
    ("a Pulumi token", ("pul-",), r"\bpul-[0-9a-f]{40}\b"),
    ("a Terraform token", (".atlasv1.",), r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}"),
    ("a Vault token", ("hvs.", "hvb."), r"\bhv[sb]\.[A-Za-z0-9_-]{24,300}"),
    ("a Doppler token", ("dp.",), r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}\b"),
    ("a 1Password token", ("ops_eyJ",), r"\bops_eyJ[A-Za-z0-9+/]{250,}"),
    # Code, packages and builds
    (
        "a GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{50,255}\b",
    ),
    (
        "a GitLab token",
        ("glpat-", "gldt-", "glrt-", "glptt-", "glsoat-", "glcbt-"),
        r"\bgl(?:pat|dt|rt|ptt|soat|cbt)-[A-Za-z0-9_-]{20,}",
    ),
    (
        "an Atlassian token",
        ("ATATT3", "ATCTT3", "ATBB"),
        r"\bAT[AC]TT3[A-Za-z0-9_=-]{150,}|\bATBB[A-Za-z0-9]{32}\b",
    ),
    (
        "a package index token",
        ("pypi-AgE",),
        r"\bpypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,}",
    ),
    ("an npm token", ("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a RubyGems key", ("rubygems_",), r"\brubygems_[0-9a-f]{48}\b"),
    ("a NuGet key", ("oy2",), r"oy2(?<!\woy2)[a-z0-9]{43}\b"),
    ("a crates.io token", ("cio",), r"cio(?<!\wcio)(?=[a-z]*[A-Z0-9])(?=[A-Za-z]*\d)[A-Za-z0-9]{32}\b"),
    ("a Docker token", ("dckr_",), r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,32}(?![\w-])"),
    ("an Artifactory key", ("AKCp", "cmVmdGtu"), r"\bAKCp[A-Za-z0-9]{69}\b|\bcmVmdGtu[A-Za-z0-9]{56}\b"),
    ("a Sonar token", ("squ_", "sqp_", "sqa_"), r"\bsq[upa]_[0-9a-f]{40}\b"),
    ("a Postman key", ("PMAK-",), r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b"),
    # Money
    ("a Stripe key", ("k_live_",), r"\b[rs]k_live_[A-Za-z0-9]{20,}\b"),
    ("a secret of a webhook", ("whsec_",), r"\bwhsec_[A-Za-z0-9+/]{32,}"),
    (
        "a Square token",
        ("sq0atp-", "sq0csp-", "EAAA"),
        r"\bsq0(?:atp-[\w-]{22}|csp-[\w-]{43})(?![\w-])|(?<![\w+/=-])EAAA[A-Za-z0-9_-]{60}(?![\w+/=-])",
    ),
    ("a Shopify token", ("shp",), r"\bshp(?:at|ca|pa|ss|ua|tka|atl)_[0-9a-fA-F]{32}\b"),
    # Messages
    (
        "a Slack token",
        ("xox", "xapp-"),
        r"\bxox[abcdeoprs](?:\.xox[bp])?-[A-Za-z0-9%-]{10,}|\bxapp-\d-[A-Z0-9]+-\d+-[0-9a-f]{20,}\b",
    ),
    (
        "a Slack webhook",
        ("hooks.slack.com",),
        (
            r"https://hooks\.slack\.com/(?:services/T[A-Z0-9]+/B[A-Z0-9]+|workflows/T[A-Z0-9]+/A[A-Z0-9]+/\d+"
            r"|triggers/[A-Z0-9]+/\d+)/[A-Za-z0-9]{20,}"
        ),
    ),
    (
        "a Discord webhook",
        ("/api/webhooks/",),
        r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,}",
    ),
    (
        "a Discord token",
        ("iscord", "ISCORD"),
        r"(?<![\w.-])[MNO](?=[A-Za-z_-]*\d)(?=[\w-]*[a-z])[\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}(?![\w.-])",
    ),
    (
        "a Teams webhook",
        (".webhook.office.com",),
        rf"https://[\w-]+\.webhook\.office\.com/webhookb2/{UUID}@{UUID}/IncomingWebhook/[0-9a-f]{{32}}/{UUID}",
    ),
    ("a Telegram token", (":AA",), r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}(?![\w-])"),
    ("a Twilio key", ("SK",), r"SK(?<!\wSK)[0-9a-f]{32}\b"),
    ("a SendGrid key", ("SG.",), r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![\w-])"),
    ("a Mailgun key", ("key-",), r"key-(?<!\wkey-)[0-9a-f]{32}\b"),
    (
        "a newer Mailgun key",
        ("ailgun", "AILGUN"),
        r"\b[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}\b(?!-)",
    ),
    ("a Mailchimp key", ("-us1", "-us2", "ailchimp", "AILCHIMP"), r"\b[0-9a-f]{32}-us\d{1,2}\b"),
    ("a Brevo key", ("xkeysib-",), r"\bxkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}\b"),
    # Models
    (
        "an OpenAI key",
        ("sk-",),
        r"\bsk-(?:proj-|svcacct-|admin-)[A-Za-z0-9_-]{40,}|\bsk-\w{20}T3BlbkFJ\w{20}\b",
    ),
    ("an Anthropic key", ("sk-ant-",), r"\bsk-ant-(?:api|admin|oat|ort)\d\d-[A-Za-z0-9_-]{80,}"),
    ("an OpenRouter key", ("sk-or-",), r"\bsk-or-v1-[0-9a-f]{64}\b"),
    (
        "a Hugging Face token",
        ("hf_", "api_org_"),
        r"\b(?:hf|api_org)_(?=[a-z\d]*[A-Z])(?=[A-Z\d]*[a-z])[A-Za-z0-9]{34}\b",
    ),
    ("a Groq key", ("gsk_",), r"\bgsk_[A-Za-z0-9]{52}\b"),
    ("a Perplexity key", ("pplx-",), r"\bpplx-[A-Za-z0-9]{48}\b"),
    ("a Replicate token", ("r8_",), r"\br8_[A-Za-z0-9]{37}\b"),
    ("an xAI key", ("xai-",), r"\bxai-[A-Za-z0-9]{80}\b"),
    ("a LangSmith key", ("lsv2_",), r"\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}\b"),
    # Data, watching and work
    ("a Databricks token", ("dapi",), r"\bdapi[0-9a-f]{32}(?:-\d)?\b"),
    ("a PlanetScale secret", ("pscale_",), r"\bpscale_(?:tkn|oauth|pw)_[\w.=-]{32,64}"),
    ("a Supabase key", ("sbp_", "sb_secret_"), r"\bsbp_[0-9a-f]{40}\b|\bsb_secret_[\w-]{31}(?![\w-])"),
    ("a Dropbox token", ("sl.",), r"sl\.(?<!\wsl\.)(?:u\.)?[A-Za-z0-9_-]{130,}"),
    ("an Airtable token", ("pat",), r"pat(?<!\wpat)[A-Za-z0-9]{14}\.[0-9a-f]{64}\b"),
    (
        "a Notion token",
        ("ntn_", "secret_"),
        r"\bntn_\d{11}[A-Za-z0-9]{35}\b|\bsecret_(?=[a-z]*[A-Z\d])[A-Za-z0-9]{43}\b",
    ),
    ("a Linear key", ("lin_",), r"\blin_(?:api|oauth)_[A-Za-z0-9]{40,64}\b"),
    ("a Figma token", ("figd_",), r"\bfigd_[A-Za-z0-9_-]{40}(?![\w-])"),
    ("a HubSpot token", ("pat-",), rf"\bpat-[a-z]{{2,3}}\d-{UUID}\b"),
    ("a Mapbox secret", ("sk.eyJ",), r"\bsk\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
    (
        "a Grafana token",
        ("glsa_", "glc_"),
        r"\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}\b|\bglc_eyJ[A-Za-z0-9+/]{60,}={0,2}",
    ),
    (
        "a New Relic key",
        ("NRAK-", "NRII-", "NRAL"),
        (
            r"\bNRAK-[A-Z0-9]{27}\b|\bNRII-[A-Za-z0-9_-]{32}(?![\w-])"
            r"|\b(?:[0-9a-f]{36}|[a-z]{2}\d\dxx[0-9a-f]{30})NRAL\b"
        ),
    ),
    (
        "a Datadog key",
        ("atadog", "ATADOG", "DD_AP", "dd_ap", "dd-ap"),
        (
            rf"(?i)(?<![A-Za-z])(?:datadog|dd)[_-](?:api|app|application)[_-]?key{GIVEN}"
            r"[0-9a-f]{32}(?:[0-9a-f]{8})?\b"
        ),
    ),
    ("a Dynatrace token", ("dt0",), r"\bdt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}\b"),
    (
        "a Sentry token",
        ("sntry",),
        r"\bsntryu_[0-9a-f]{64}\b|\bsntrys_eyJ[A-Za-z0-9+/=]{40,}_[A-Za-z0-9+/]{43}",
    ),
    # Kinds of their own
    (
        "a private key",
        ("PRIVATE KEY", "PuTTY-User-Key"),
        r"-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----(?![\"'`])|(?m:^PuTTY-User-Key-File)",
    ),
    (
        "a private key in base64",
        ("LS0tLS1CRUdJTi",),
        (
            r"LS0tLS1CRUdJTi(?:BQUklWQVRF|BSU0EgUFJJVkFURS|BFQyBQUklWQVRF|BPUEVOU1NIIFBSSVZBVE|BFTkNSWVBURUQgUFJJ)"
            r"[A-Za-z0-9+/]{60,}"
        ),
    ),
    ("an age key", ("AGE-SECRET-KEY-1",), r"\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}\b"),
    ("a signed token", (".eyJ",), r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\b"),
    (
        "a password in an address",
        ("://",),
        (
            r"\b[a-z][a-z0-9+]{1,15}://[^\s:/@'\"$<>{}]*:[^\s:/@'\"$<>{}]{4,}@"
            r"(?!(?:[\w-]+\.)*example\.(?:com|org|net)\b)[\w.-]+"
        ),
    ),
)
"""What it is, what a text must hold for the shape to be worth looking for, and the shape."""
