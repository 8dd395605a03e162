"""Contradictions: numbers against each other, against guidance and law, and clauses against clauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.contracts.results import Severity
    from studio_magics.tools.cyber.policy_generator.facts import Facts, Settings

LOGS_AT_LEAST = 90
SHORTEST_PASSWORD = 8
CARD_PASSWORD = 12
PASSWORD_WITHOUT_SECOND_FACTOR = 14
LONGEST_SESSION = 15
MEDIUM_ENTERPRISE = 50
PEOPLE_TO_SEPARATE = 3


@dataclass(frozen=True)
class Contradiction:
    """Two things that cannot both hold, or a number that guidance or law does not allow."""

    code: str
    severity: Severity
    title: str
    settings: tuple[str, ...]
    action: str
    source: str = ""
    """Who asks for the other number."""


@dataclass(frozen=True)
class _Limit:
    """The most a setting may be where something applies."""

    setting: str
    most: int
    source: str
    applies: str
    """A framework or regulation."""
    severity: Severity = "high"


LIMITS = (
    _Limit("notice_hours", 72, "GDPR article 33", "gdpr", "critical"),
    _Limit("notice_hours", 24, "DORA: first notification within a day of becoming aware", "dora"),
    _Limit("subject_request_days", 31, "GDPR article 12: one month", "gdpr"),
    _Limit("subject_request_days", 45, "CCPA: 45 days", "ccpa"),
    _Limit("patch_critical_days", 30, "PCI DSS 4 requirement 6.3.3: one month", "pci-dss"),
    _Limit("access_review_months", 6, "PCI DSS 4 requirement 7.2.4: six months", "pci-dss"),
    _Limit("session_lock_minutes", LONGEST_SESSION, "PCI DSS 4 requirement 8.2.8: 15 minutes", "pci-dss"),
    _Limit("awareness_months", 12, "PCI DSS 4 requirement 12.6.3: 12 months", "pci-dss"),
    _Limit("scan_days", 92, "PCI DSS 4 requirement 11.3: three months", "pci-dss"),
    _Limit("pentest_months", 12, "PCI DSS 4 requirement 11.4: 12 months", "pci-dss"),
    _Limit("exercise_months", 12, "PCI DSS 4 requirement 12.10.2: 12 months", "pci-dss"),
    _Limit("supplier_review_months", 12, "PCI DSS 4 requirement 12.8.4: 12 months", "pci-dss"),
    _Limit("patch_high_days", 31, "CIS safeguards 7.3 and 7.4: monthly", "cis-8.1", "medium"),
    _Limit("scan_days", 92, "CIS safeguard 7.5: every quarter", "cis-8.1", "medium"),
    _Limit("restore_test_months", 3, "CIS safeguard 11.5: every quarter", "cis-8.1", "medium"),
    _Limit("session_lock_minutes", LONGEST_SESSION, "CIS safeguard 4.3: 15 minutes", "cis-8.1", "medium"),
    _Limit("awareness_months", 12, "CIS safeguard 14.1: every year", "cis-8.1", "medium"),
    _Limit("exercise_months", 12, "CIS safeguard 17.7: every year", "cis-8.1", "medium"),
    _Limit("pentest_months", 12, "CIS safeguard 18.2: every year", "cis-8.1", "medium"),
)


def find_contradictions(facts: Facts) -> tuple[Contradiction, ...]:
    """All of them, the worst first."""
    rules = (_limits, _passwords, _logs, _copies, _recovery, _patches, _roles, _size, _review, _own_clauses)
    found = [one for rule in rules for one in rule(facts)]
    order = ("critical", "high", "medium", "low", "info")
    return tuple(sorted(found, key=lambda one: order.index(one.severity)))


def _value(settings: Settings, name: str) -> int:
    return int(getattr(settings, name))


def _limits(facts: Facts) -> Iterator[Contradiction]:
    applying = {*facts.regulations, *facts.frameworks}
    for limit in LIMITS:
        value = _value(facts.settings, limit.setting)
        if limit.applies in applying and value > limit.most:
            yield Contradiction(
                f"over-limit-{limit.setting.replace('_', '-')}", limit.severity,
                f"{limit.setting} is {value}; at most {limit.most} is allowed", (limit.setting,),
                f"Set {limit.setting} to {limit.most} or less.", limit.source,
            )  # fmt: skip


def _passwords(facts: Facts) -> Iterator[Contradiction]:
    settings = facts.settings
    if settings.password_rotation_days:
        yield Contradiction(
            "password-rotation", "medium",
            f"Passwords are changed every {settings.password_rotation_days} days",
            ("password_rotation_days",),
            "Set it to 0 and check against leaked passwords; forced changes make weaker passwords.",
            "NIST SP 800-63B: no change by the calendar, only after a sign of compromise",
        )  # fmt: skip
    if settings.password_min_characters < SHORTEST_PASSWORD:
        yield Contradiction(
            "password-short", "high", f"Passwords of {settings.password_min_characters} characters",
            ("password_min_characters",), "Ask for at least 8, better 14.",
            "NIST SP 800-63B: at least 8 characters with a second factor",
        )  # fmt: skip
    elif "pci-dss" in facts.regulations and settings.password_min_characters < CARD_PASSWORD:
        yield Contradiction(
            "password-short-for-cards", "high",
            f"Passwords of {settings.password_min_characters} characters; 12 are asked for",
            ("password_min_characters",), "Ask for at least 12, better 14.",
            "PCI DSS 4 requirement 8.3.6",
        )  # fmt: skip
    left = {one.clause for one in facts.leave_out}
    if "access-mfa" in left and settings.password_min_characters < PASSWORD_WITHOUT_SECOND_FACTOR:
        yield Contradiction(
            "password-alone", "high",
            f"No second factor, and passwords of {settings.password_min_characters} characters",
            ("password_min_characters",), "Keep the clause access-mfa, or ask for at least 14 characters.",
            "CIS safeguard 5.2: 14 characters without a second factor",
        )  # fmt: skip


def _logs(facts: Facts) -> Iterator[Contradiction]:
    days = facts.settings.log_days
    if "cis-8.1" in facts.frameworks and days < LOGS_AT_LEAST:
        yield Contradiction(
            "logs-short", "medium", f"Logs are kept {days} days; at least 90 are asked for", ("log_days",),
            "Set log_days to 90 or more.", "CIS safeguard 8.10",
        )  # fmt: skip
    if "pci-dss" in facts.regulations and days < 365:  # noqa: PLR2004  - a year
        yield Contradiction(
            "logs-short-for-cards", "high", f"Logs are kept {days} days; 12 months are asked for",
            ("log_days",),
            "Set log_days to 365 or more.", "PCI DSS 4 requirement 10.5.1",
        )  # fmt: skip


def _copies(facts: Facts) -> Iterator[Contradiction]:
    """What is deleted must be gone from copies and logs as well."""
    settings = facts.settings
    if settings.backup_days > settings.deletion_days:
        yield Contradiction(
            "copies-outlive-deletion", "high",
            (
                f"Data is gone within {settings.deletion_days} days, and backups keep it "
                f"{settings.backup_days} days"
            ),
            ("deletion_days", "backup_days"),
            "Keep backups shorter, promise deletion later, or delete again after every restore and say so.",
            "data-retention against continuity-backup",
        )  # fmt: skip
    if "personal" in facts.known and settings.log_days > settings.personal_data_days:
        yield Contradiction(
            "logs-outlive-data", "medium",
            f"Logs are kept {settings.log_days} days, personal data {settings.personal_data_days} days",
            ("log_days", "personal_data_days"),
            "Keep names out of logs, or shorten one and lengthen the other.",
            "operations-log-keeping against privacy-retention",
        )  # fmt: skip


def _recovery(facts: Facts) -> Iterator[Contradiction]:
    settings = facts.settings
    if settings.backup_hours > settings.rpo_hours:
        yield Contradiction(
            "backup-slower-than-promise", "high",
            f"A backup every {settings.backup_hours} hours cannot lose at most {settings.rpo_hours} "
            "hours of data",
            ("backup_hours", "rpo_hours"), f"Back up every {settings.rpo_hours} hours, or promise less.",
            "continuity-backup against continuity-plan",
        )  # fmt: skip
    if "personal" in facts.known and settings.triage_hours > settings.notice_hours:
        yield Contradiction(
            "triage-after-notice", "high",
            f"Reports are judged within {settings.triage_hours} hours, notices are due after "
            f"{settings.notice_hours}",
            ("triage_hours", "notice_hours"), "Judge reports sooner.",
            "incidents-triage against incidents-breach",
        )  # fmt: skip


def _patches(facts: Facts) -> Iterator[Contradiction]:
    settings = facts.settings
    days = (settings.patch_critical_days, settings.patch_high_days, settings.patch_other_days)
    if list(days) != sorted(days):
        yield Contradiction(
            "patch-order", "high",
            f"Critical updates within {days[0]} days, high {days[1]}, others {days[2]}: not in this order",
            ("patch_critical_days", "patch_high_days", "patch_other_days"),
            "The worse the weakness, the fewer days.", "operations-patching",
        )  # fmt: skip
    if settings.scan_days > settings.patch_high_days:
        yield Contradiction(
            "scan-slower-than-patch", "medium",
            f"Scans every {settings.scan_days} days cannot find what must be fixed within {days[1]} days",
            ("scan_days", "patch_high_days"), "Scan at least as often as high weaknesses must be fixed.",
            "operations-scanning against operations-patching",
        )  # fmt: skip


def _roles(facts: Facts) -> Iterator[Contradiction]:
    roles = facts.roles
    if roles.owner.casefold() == roles.approver.casefold():
        yield Contradiction(
            "one-person", "high", f"{roles.owner} owns and approves the policies", (),
            "Name somebody else to approve.", "ISO 27001 A.5.3: separated duties",
        )  # fmt: skip
    if "personal" in facts.known and roles.privacy is None:
        yield Contradiction(
            "no-privacy-role", "medium", "Personal data is there, and nobody is named for privacy", (),
            "Add roles: privacy.", "GDPR article 37 asks many organisations for a data protection officer",
        )  # fmt: skip


def _size(facts: Facts) -> Iterator[Contradiction]:
    if "nis2" in facts.regulations and facts.staff < MEDIUM_ENTERPRISE:
        yield Contradiction(
            "nis2-size", "low", f"NIS 2 is named, and {facts.staff} people work here", (),
            "Check whether it applies: mostly from 50 people, smaller ones only in listed cases.",
            "Directive (EU) 2022/2555 article 2",
        )  # fmt: skip
    if facts.staff < PEOPLE_TO_SEPARATE:
        yield Contradiction(
            "too-few-to-separate", "low",
            f"{facts.staff} people cannot separate asking, approving and checking", (),
            "Let somebody outside look at logs and changes, and write that down.",
            "access-least, security-audit",
        )  # fmt: skip


def _review(facts: Facts) -> Iterator[Contradiction]:
    if facts.review_months > 12:  # noqa: PLR2004  - a year
        yield Contradiction(
            "review-rare", "medium", f"Policies are reviewed every {facts.review_months} months", (),
            "Review once a year.", "PCI DSS 4 requirement 12.1.2 and common practice of ISO 27001 auditors",
        )  # fmt: skip


def _own_clauses(facts: Facts) -> Iterator[Contradiction]:
    for number, own in enumerate(facts.clauses, 1):
        for name, value in own.sets.items():
            stated = _value(facts.settings, name)
            if value != stated:
                yield Contradiction(
                    "clause-against-clause", "critical",
                    f"Own clause {number} states {name} {value}, the library {stated}", (name,),
                    f"Use one number: settings: {{{name}: {value}}}, or change the clause.",
                    f"own-{number} in the policy '{own.policy}'",
                )  # fmt: skip
