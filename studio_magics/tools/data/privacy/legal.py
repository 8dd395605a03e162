"""The rules held against what was found and what was said: findings with their articles.

In own words; no advice, and no statement that anything is lawful.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding, Severity
from studio_magics.tools.data.privacy.kinds import GROUPS, kind_of
from studio_magics.tools.data.privacy.risks import listed, needs_dpia
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.data.privacy.assessment import Assessed

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")


def all_findings(seen: Assessed) -> tuple[Finding, ...]:
    """Every finding, the gravest first."""
    found = [
        *_secrets(seen),
        *_special(seen),
        *_basis(seen),
        *_transfers(seen),
        *_anonymity(seen),
        *_texts(seen),
        *_storage(seen),
        *_duties(seen),
        *_california(seen),
        *_dpia(seen),
    ]
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))


def _secrets(seen: Assessed) -> Iterator[Finding]:
    for place, look in seen.of_group("secret"):
        yield Finding(
            code="secret-stored",
            severity="critical",
            title=f"'{look.name}' looks like a password or key",
            where=place,
            detail=f"Art. 32: who reads this table can act as these people. {counted(look.filled, 'value')}.",
            action="Remove the column; keep only salted hashes, and only where people sign in.",
            count=look.filled,
        )
    for place, look in seen.of_kind("card"):
        yield Finding(
            code="card-number-stored",
            severity="critical",
            title=f"'{look.name}' holds whole payment card numbers",
            where=place,
            detail=f"{look.share:.0%} of {counted(look.filled, 'value')} keep the checksum; Art. 5(1)(c) "
            "and the rules of the card schemes.",
            action="Keep the last four digits or a token of the payment provider.",
            count=round(look.share * look.filled),
        )


def _special(seen: Assessed) -> Iterator[Finding]:
    grave = [*seen.of_group("special"), *seen.of_group("criminal")]
    if not grave:
        return
    names = [f"{look.name} ({look.kind.title})" for _, look in grave if look.kind]
    if seen.processing.special_condition is None:
        yield Finding(
            code="special-without-condition",
            severity="high",
            title=f"{counted(len(grave), 'column')} of special categories without a condition of Art. 9(2)",
            where=grave[0][0],
            detail=f"{listed(names)}. They may be processed only under Art. 9(2) or Art. 10.",
            action="Name special_condition, or take the columns out.",
            count=len(grave),
        )
    direct = [look.name for group in ("direct", "contact", "government") for _, look in seen.of_group(group)]
    if direct and "pseudonymisation" not in seen.processing.measures:
        yield Finding(
            code="special-beside-names",
            severity="high",
            title="Special categories stand in the same table as names or numbers of people",
            where=grave[0][0],
            detail=f"{listed(names)} beside {listed(direct)}: Art. 25 and 32(1)(a).",
            action="Keep the identifiers apart under a random key, and use the key here.",
            count=len(direct),
        )


def _basis(seen: Assessed) -> Iterator[Finding]:
    said = seen.processing
    if not seen.personal:
        return
    if said.legal_basis is None:
        yield _missing("no-legal-basis", "No legal basis is named", "Art. 6(1)", "legal_basis")
    if not said.purposes:
        yield _missing("no-purpose", "No purpose is named", "Art. 5(1)(b) and 13(1)(c)", "purposes")
    if said.retention_days is None:
        yield _missing(
            "no-retention", "Nobody says when the data is deleted", "Art. 5(1)(e)", "retention_days"
        )
    if said.legal_basis == "consent" and "consent-records" not in said.measures:
        yield Finding(
            code="consent-not-recorded",
            severity="medium",
            title="Consent is the basis, and nothing records it",
            where="processing",
            detail="Art. 7(1): show who agreed to what and when; Art. 7(3): it is taken back as easily.",
            action="Add consent-records to the measures once it is true.",
        )


def _missing(code: str, title: str, article: str, key: str) -> Finding:
    return Finding(
        code=code,
        severity="medium",
        title=title,
        where="processing",
        detail=f"{article}.",
        action=f"Add {key} to the description.",
    )


def _transfers(seen: Assessed) -> Iterator[Finding]:
    bare = [one.country for one in seen.processing.transfers if one.safeguard == "none"]
    if bare and seen.personal:
        yield Finding(
            code="transfer-without-safeguard",
            severity="high",
            title=f"Data goes to {listed(bare)} without a safeguard",
            where="processing",
            detail="Art. 44 to 46: outside of the EEA it takes an adequacy decision, clauses or rules.",
            action="Name the safeguard, or keep the data in the EEA.",
            count=len(bare),
        )


def _anonymity(seen: Assessed) -> Iterator[Finding]:
    for table in seen.tables:
        risk = table.anonymity
        if risk is None or not risk.now.exposed:
            continue
        share = risk.now.exposed_share
        severity: Severity = "high" if share > 0.2 else "medium" if share > 0.01 else "low"  # noqa: PLR2004  - a fifth, a hundredth
        better = ""
        if risk.coarser is not None:
            better = f" With {', '.join(risk.coarser_how)} it would be {risk.coarser.exposed_share:.1%}."
        yield Finding(
            code="rows-told-apart",
            severity=severity,
            title=f"{share:.1%} of the rows of '{table.name}' look like fewer than {risk.k} others",
            where=table.name,
            detail=f"By {', '.join(risk.quasi)}: {counted(risk.now.alone, 'row')} nobody else looks like, "
            f"smallest group {risk.now.smallest} (recital 26).{better}",
            action="Make the values coarser or leave a column out; see the table of what would help.",
            count=risk.now.exposed,
        )
        for one in risk.diversity:
            if one.revealed:
                yield Finding(
                    code="value-revealed",
                    severity="medium",
                    title=f"The group alone tells '{one.column}' for {counted(one.revealed, 'row')}",
                    where=f"{table.name}.{one.column}",
                    detail=f"All rows of their group have the same value (l-diversity {one.least}).",
                    action="Make the groups larger, or leave the column out.",
                    count=one.revealed,
                )


def _texts(seen: Assessed) -> Iterator[Finding]:
    for where, finds in seen.texts:
        for kind, count in finds.texts_with.most_common():
            yield Finding(
                code="identifier-in-text",
                severity="high" if kind_of(kind).facts.weight >= GROUPS["financial"].weight else "medium",
                title=f"{seen.title_of(kind)} inside of free text",
                where=f"{where}, first in {finds.first[kind]:,}",
                detail=f"In {count:,} of {finds.searched:,} texts: {', '.join(finds.examples[kind])}. "
                "Rules for columns do not reach it (Art. 5(1)(c), 32).",
                action="Remove it from the text, or treat the whole text as this kind.",
                count=count,
            )


def _storage(seen: Assessed) -> Iterator[Finding]:
    weighty = [look.name for table in seen.tables for look in table.looks if look.weight >= 4]  # noqa: PLR2004  - from identifiers of one person on
    lacking = [one for one in ("encryption-at-rest", "access-control") if one not in seen.processing.measures]
    if weighty and lacking:
        yield Finding(
            code="protection-not-named",
            severity="medium",
            title=f"{' and '.join(lacking)} not named among the measures",
            where="processing",
            detail=f"Art. 32, for {listed(weighty)}.",
            action="Add the measures that are in place; put the others in place.",
            count=len(lacking),
        )


def _duties(seen: Assessed) -> Iterator[Finding]:
    said = seen.processing
    if said.recipients and "processor-contracts" not in said.measures and seen.personal:
        yield Finding(
            code="recipients-without-contract",
            severity="low",
            title=f"{counted(len(said.recipients), 'recipient')} and no contract with processors named",
            where="processing",
            detail=f"Art. 28(3), for {listed(list(said.recipients))}.",
            action="Add processor-contracts once they are signed.",
        )
    if seen.personal and "rights-process" not in said.measures:
        yield Finding(
            code="rights-not-served",
            severity="low",
            title="No way is named to serve the rights of people",
            where="processing",
            detail="Art. 12 to 22: access, correction, deletion, objection in a month; CCPA 1798.105 to 110.",
            action="Add rights-process once there is one.",
        )


def _california(seen: Assessed) -> Iterator[Finding]:
    sensitive = sorted({look.name for _, look in seen.personal if look.kind and look.kind.ccpa_sensitive})
    if sensitive:
        yield Finding(
            code="ccpa-sensitive",
            severity="medium" if seen.processing.sells_or_shares else "low",
            title=f"{counted(len(sensitive), 'column')} of sensitive personal information (CCPA)",
            where=sensitive[0],
            detail=f"{listed(sensitive)}: section 1798.140(ae).",
            action="Offer 'Limit the use of my sensitive personal information' (1798.121) where it applies.",
            count=len(sensitive),
        )
    if seen.processing.sells_or_shares and seen.personal:
        yield Finding(
            code="ccpa-opt-out",
            severity="medium",
            title="Personal information is sold or shared",
            where="processing",
            detail="CCPA 1798.120 and 135: people may opt out, minors have to opt in.",
            action="Offer 'Do not sell or share my personal information' and honour opt-out signals.",
        )


def _dpia(seen: Assessed) -> Iterator[Finding]:
    held = [one.name for one in seen.criteria if one.holds]
    if seen.personal and needs_dpia(seen.criteria):
        yield Finding(
            code="dpia-needed",
            severity="high",
            title=f"An impact assessment is due: {len(held)} of 9 criteria hold",
            where="processing",
            detail=f"Art. 35 with WP 248: {listed(held)}.",
            action="Complete dpia.md with the data protection officer before you begin.",
            count=len(held),
        )
    elif seen.personal and seen.of_group("special"):
        yield Finding(
            code="dpia-likely",
            severity="medium",
            title="Special categories: check whether an impact assessment is due",
            where="processing",
            detail="Art. 35(3)(b): special categories on a large scale.",
            action="Answer large_scale, scoring and monitoring in the description.",
        )
