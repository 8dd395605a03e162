"""Secrets that somebody wrote down: shapes that only secrets have."""

from __future__ import annotations

import re

SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (title, re.compile(pattern))
    for title, pattern in (
        ("an AWS access key", r"\b(?:AKIA|ASIA)(?![0-9A-Z]*EXAMPLE)[0-9A-Z]{16}\b"),
        ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{50,255}\b"),
        ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
        ("a Slack token", r"\bxox[abpors]-[A-Za-z0-9-]{10,}\b"),
        ("a Slack webhook", r"https://hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,}"),
        ("a Stripe key", r"\b[rs]k_live_[A-Za-z0-9]{20,}\b"),
        ("a Google key", r"\bAIza[A-Za-z0-9_-]{35}\b"),
        ("a package index token", r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}\b"),
        ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
        (
            "a private key",
            r"-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----(?![\"'`])|(?m:^PuTTY-User-Key-File)",
        ),
        ("an OpenAI key", r"\bsk-(?:proj-|svcacct-|admin-)[A-Za-z0-9_-]{40,}|\bsk-\w{20}T3BlbkFJ\w{20}\b"),
        ("an Anthropic key", r"\bsk-ant-(?:api|admin)\d\d-[A-Za-z0-9_-]{80,}"),
        ("a Hugging Face token", r"\bhf_[A-Za-z]{34}\b"),
        ("a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b"),
        ("a DigitalOcean token", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
        ("a Shopify token", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
        ("a key of Azure storage", r"\bAccountKey=[A-Za-z0-9+/]{86}=="),
        (
            "a Discord webhook",
            r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,}",
        ),
        ("a Telegram token", r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b"),
        ("a signed token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\b"),
        (
            "a password in an address",
            (
                r"\b[a-z][a-z0-9+]{1,15}://[^\s:/@'\"$<>{}]*:[^\s:/@'\"$<>{}]{4,}@"
                r"(?!(?:[\w-]+\.)*example\.(?:com|org|net)\b)[\w.-]+"
            ),
        ),
    )
)


SIGNS: dict[str, tuple[str, ...]] = {
    "an AWS access key": ("AKIA", "ASIA"),
    "a GitHub token": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "a GitLab token": ("glpat-",),
    "a Slack token": ("xox",),
    "a Slack webhook": ("hooks.slack.com",),
    "a Stripe key": ("k_live_",),
    "a Google key": ("AIza",),
    "a package index token": ("pypi-AgEI",),
    "an npm token": ("npm_",),
    "a private key": ("PRIVATE KEY", "PuTTY-User-Key"),
    "an OpenAI key": ("sk-",),
    "an Anthropic key": ("sk-ant-",),
    "a Hugging Face token": ("hf_",),
    "a SendGrid key": ("SG.",),
    "a DigitalOcean token": ("_v1_",),
    "a Shopify token": ("shp",),
    "a key of Azure storage": ("AccountKey=",),
    "a Discord webhook": ("/api/webhooks/",),
    "a Telegram token": (":AA",),
    "a signed token": (".eyJ",),
    "a password in an address": ("://",),
}
"""What a text must hold for a shape to be worth looking for: finding a word is much faster."""


def shapes_in(text: str) -> list[tuple[str, re.Pattern[str]]]:
    """The shapes that a text may hold."""
    return [(title, shape) for title, shape in SHAPES if any(sign in text for sign in SIGNS[title])]


def clear_secret(text: str) -> str:
    """What kind of secret stands in the text; empty where none does. The secret itself is not repeated."""
    return next((title for title, shape in shapes_in(text) if shape.search(text)), "")
