"""Secrets that somebody wrote down: shapes that only secrets have."""

from __future__ import annotations

import re

SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (title, re.compile(pattern))
    for title, pattern in (
        ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{50,255}\b"),
        ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
        ("a Slack token", r"\bxox[abpors]-[A-Za-z0-9-]{10,}\b"),
        ("a Slack webhook", r"https://hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,}"),
        ("a Stripe key", r"\b[rs]k_live_[A-Za-z0-9]{20,}\b"),
        ("a Google key", r"\bAIza[A-Za-z0-9_-]{35}\b"),
        ("a package index token", r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}\b"),
        ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
        ("a private key", r"-----BEGIN (?:RSA |EC |OPENSSH |DSA |PGP )?PRIVATE KEY(?: BLOCK)?-----"),
        ("a signed token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\b"),
        (
            "a password in an address",
            r"\b[a-z][a-z0-9+]{1,15}://[^\s:/@'\"$<>{}]+:[^\s:/@'\"$<>{}]{4,}@[\w.-]+",
        ),
    )
)


def clear_secret(text: str) -> str:
    """What kind of secret stands in the text; empty where none does. The secret itself is not repeated."""
    return next((title for title, shape in SHAPES if shape.search(text)), "")
