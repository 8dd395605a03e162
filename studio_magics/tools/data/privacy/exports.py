"""The record of processing, the data contract with classifications, and the impact assessment as Markdown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from studio_magics.tools.data.privacy.identity import TOOL_ID
from studio_magics.tools.data.privacy.kinds import law_as_of
from studio_magics.tools.data.privacy.risks import LEVELS, needs_dpia

if TYPE_CHECKING:
    from datetime import datetime

    from studio_magics.contracts.results import Finding
    from studio_magics.tools.data.privacy.assessment import Assessed
    from studio_magics.tools.data.privacy.columns import Look
    from studio_magics.tools.data.privacy.inputs import Processing

FORMAT = "studio-record-of-processing/1"
RESTRICTED = 4
CONFIDENTIAL = 2
LOGICAL: dict[str, str] = {
    "BIGINT": "integer",
    "INTEGER": "integer",
    "HUGEINT": "integer",
    "SMALLINT": "integer",
    "TINYINT": "integer",
    "DOUBLE": "number",
    "FLOAT": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}


def classification_of(look: Look) -> str:
    """'restricted', 'confidential' or 'internal', by the gravest thing a column may tell."""
    return (
        "restricted"
        if look.weight >= RESTRICTED
        else "confidential"
        if look.weight >= CONFIDENTIAL
        else "internal"
    )


def as_record(seen: Assessed, at: datetime) -> bytes:
    """The record of processing activities (Art. 30(1)) with what was found in the data."""
    said = seen.processing
    kinds = sorted({look.kind.title for _, look in seen.personal if look.kind})
    special = sorted(
        {
            look.kind.title
            for group in ("special", "criminal")
            for _, look in seen.of_group(group)
            if look.kind
        }
    )
    document = {
        "format": FORMAT,
        "article": "Regulation (EU) 2016/679, Article 30(1)",
        "made_on": at.date().isoformat(),
        "name": said.name,
        "controller": said.controller or None,
        "contact": said.contact or None,
        "purposes": list(said.purposes),
        "legal_basis": said.legal_basis,
        "special_condition": said.special_condition,
        "categories_of_data_subjects": list(said.subjects),
        "categories_of_personal_data": kinds,
        "special_categories": special,
        "ccpa_categories": sorted(
            {look.kind.ccpa for _, look in seen.personal if look.kind and look.kind.ccpa}
        ),
        "recipients": list(said.recipients),
        "transfers": [one.model_dump() for one in said.transfers],
        "retention_days": said.retention_days,
        "security_measures": list(said.measures),
        "sources": [
            {
                "table": table.name,
                "rows": table.rows,
                "columns": [_column(look) for look in table.looks if look.kind],
            }
            for table in seen.tables
        ],
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _column(look: Look) -> dict[str, Any]:
    kind = look.kind
    if kind is None:
        return {"name": look.name}
    return {
        "name": look.name,
        "kind": kind.title,
        "group": kind.facts.title,
        "confidence": look.confidence,
        "share": round(look.share, 4),
        "gdpr": kind.article,
        "ccpa": kind.ccpa or None,
    }


def as_contract(seen: Assessed) -> bytes:
    """An Open Data Contract (3.1.0): every column with its classification."""
    import yaml

    name = seen.processing.name
    contract: dict[str, Any] = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": str(uuid5(NAMESPACE_URL, f"{TOOL_ID}:{name}:{','.join(table.name for table in seen.tables)}")),
        "name": name,
        "version": "1.0.0",
        "status": "draft",
        "description": {"purpose": "; ".join(seen.processing.purposes) or "not named"},
        "tags": ["personal-data"] if seen.personal else [],
        "schema": [
            {
                "name": table.name,
                "logicalType": "object",
                "properties": [_property(look) for look in table.looks],
            }
            for table in seen.tables
        ],
    }
    if seen.processing.retention_days is not None:
        contract["slaProperties"] = [
            {"property": "retention", "value": seen.processing.retention_days, "unit": "d"}
        ]
    return str(yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=110)).encode(
        "utf-8", "replace"
    )


def _property(look: Look) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": look.name,
        "logicalType": LOGICAL.get(look.type, "string"),
        "physicalType": look.type,
        "classification": classification_of(look),
    }
    if look.kind is not None:
        found["tags"] = [look.kind.group, look.kind.id]
        found["description"] = look.kind.title
    return found


def plain(text: object) -> str:
    """Text for Markdown: no marks, no tags, one line."""
    line = " ".join(str(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]#|!~])", r"\\\1", line)


def as_markdown(seen: Assessed, findings: tuple[Finding, ...], at: datetime) -> bytes:
    """The impact assessment (Art. 35(7)) as a draft to complete."""
    said = seen.processing
    due = "is due" if needs_dpia(seen.criteria) else "is not due by these answers alone"
    parts = [
        f"# Data protection impact assessment: {plain(said.name)}",
        f"Draft of {at:%Y-%m-%d}. Law as of {law_as_of()}. An impact assessment {due}. Not legal advice.",
        "## 1. What is done (Art. 35(7)(a))",
        _described(said),
        "### Personal data found",
        _found(seen),
        "## 2. Is it needed and proportionate (Art. 35(7)(b))",
        _table(
            ("criterion (WP 248)", "holds", "why"),
            [(one.name, "yes" if one.holds else "no", one.why) for one in seen.criteria],
        ),
        "## 3. Risks for people (Art. 35(7)(c)) and measures (Art. 35(7)(d))",
        _table(
            ("what may go wrong", "severity", "likelihood", "measures", "left"),
            [
                (
                    one.name,
                    LEVELS[one.severity - 1],
                    LEVELS[one.likelihood - 1],
                    ", ".join(one.measures) or "none named",
                    f"{one.residual} of 16",
                )
                for one in seen.scenarios
            ],
        ),
        "### Re-identification",
        *(_anonymity(table.name, table) for table in seen.tables if table.anonymity),
        "## 4. What to do",
        "\n".join(f"- **{one.severity}** {plain(one.title)}. {plain(one.action)}" for one in findings)
        or "Nothing found.",
        "## 5. Signed",
        "Person in charge: ……………  Data protection officer: ……………  Date: ……………",
    ]
    return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def _described(said: Processing) -> str:
    return _list(
        ("Controller", said.controller),
        ("Contact", said.contact),
        ("Purposes", "; ".join(said.purposes)),
        ("Legal basis (Art. 6)", said.legal_basis),
        ("Condition (Art. 9(2))", said.special_condition),
        ("People concerned", "; ".join(said.subjects)),
        ("Recipients", "; ".join(said.recipients)),
        ("Transfers", "; ".join(f"{one.country} ({one.safeguard})" for one in said.transfers)),
        ("Kept for", f"{said.retention_days} days" if said.retention_days else None),
    )


def _found(seen: Assessed) -> str:
    return _table(
        ("column", "kind", "group", "GDPR", "CCPA", "confidence"),
        [
            (
                place,
                look.kind.title,
                look.kind.facts.title,
                look.kind.article,
                look.kind.ccpa or "-",
                look.confidence,
            )
            for place, look in seen.personal
            if look.kind
        ],
    )


def _list(*entries: tuple[str, Any]) -> str:
    return "\n".join(f"- {name}: {plain(value) if value else '**not named**'}" for name, value in entries)


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    if not rows:
        return "None."
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(plain(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _anonymity(name: str, table: Any) -> str:
    risk = table.anonymity
    return (
        f"Table {plain(name)}: by {plain(', '.join(risk.quasi))}, {risk.now.exposed:,} of "
        f"{risk.now.rows:,} rows look like fewer than {risk.k} others; {risk.now.alone:,} like nobody else."
    )
