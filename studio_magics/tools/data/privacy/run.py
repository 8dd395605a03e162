"""Runs the tool: look at tables and texts, measure, hold the rules against it, and write the papers."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NoReturn

from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.privacy import exports
from studio_magics.tools.data.privacy.anonymity import measure, quasi_of
from studio_magics.tools.data.privacy.assessment import Assessed, TableSeen
from studio_magics.tools.data.privacy.columns import look_at
from studio_magics.tools.data.privacy.figures import figures_of
from studio_magics.tools.data.privacy.forecast import files_of, is_table, is_text
from studio_magics.tools.data.privacy.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.privacy.inputs import processing_of
from studio_magics.tools.data.privacy.inside import MAX_RECOGNISED_TEXTS, search
from studio_magics.tools.data.privacy.kinds import law_as_of
from studio_magics.tools.data.privacy.legal import SEVERITIES, all_findings
from studio_magics.tools.data.privacy.risks import listed, needs_dpia
from studio_magics.tools.data.privacy.tables import all_tables
from studio_magics.tools.data.quality.page import page
from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.tabular import open_table, quoted
from studio_magics.tools.typed_yaml import nearest
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.contracts.results import Artefact, Figure, Finding, Table
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.privacy.columns import Look
    from studio_magics.tools.data.privacy.inputs import PrivacyInput
    from studio_magics.tools.tabular import TableSource

MAX_FILES = 60
MAX_TEXT_BYTES = 4_000_000
MAX_LINES = 40_000
MAX_FINDINGS = 200


def run(inputs: PrivacyInput, context: RunContext) -> ToolResult:
    """Assess the data and what is done with it.

    Raises:
        InputRejected: A file that cannot be read, a column that is not there, or fewer rows than k.
        MemoryError: A table needs more memory than a run has.
    """
    files = [file for file in files_of(inputs) if is_table(file.name) or is_text(file.name)]
    if len(files) > MAX_FILES:
        raise InputRejected("data", found=f"{len(files)} files", allowed=f"at most {MAX_FILES}")
    seen = Assessed(processing_of(inputs.processing))
    seen.skipped = sorted(file.name for file in files_of(inputs) if file not in files)
    for number, file in enumerate(files):
        context.progress(0.05 + 0.75 * number / len(files), f"looking at {file.name}")
        if is_table(file.name):
            _table(file, inputs, context, seen)
        else:
            _text(file, inputs, context, seen)
    _refuse_unknown(inputs, seen)
    context.progress(0.85, "judging")
    findings = all_findings(seen)
    figures, tables = figures_of(seen), all_tables(seen)
    context.progress(0.95, "writing the papers")
    return ToolResult(
        headline=_headline(seen),
        summary=_summary(seen, findings),
        findings=findings[:MAX_FINDINGS],
        tables=tables,
        figures=figures,
        artefacts=_artefacts(seen, findings, figures, tables, context),
        not_checked=_not_checked(seen, inputs),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in LIBRARIES},
            data_as_of={"GDPR and CCPA": law_as_of()},
        ),
    )


def _table(file: InputFile, inputs: PrivacyInput, context: RunContext, seen: Assessed) -> None:
    with open_table(context.path(file), name=file.name) as table:
        if table.row_count < inputs.k:
            raise InputRejected(
                "data",
                found=f"{counted(table.row_count, 'row')} in '{file.name}'",
                allowed=f"at least k = {inputs.k} rows: fewer cannot hide anybody",
                action="take more rows, or a smaller k",
            )
        looks = look_at(table, inputs)
        seen.tables.append(_seen(table, looks, inputs))
        for look in looks:
            if look.is_text or (look.type == "VARCHAR" and not look.share):
                finds = search(
                    _sample(table, look, inputs), inputs.countries, by_patterns_alone=not look.is_text
                )
                if look.is_text or finds.texts_with:
                    seen.texts.append((f"{file.name}.{look.name}", finds))


def _seen(table: TableSource, looks: list[Look], inputs: PrivacyInput) -> TableSeen:
    quasi = quasi_of(looks, inputs.quasi_identifiers)
    names = {look.name for look in looks}
    sensitive = [name for name in inputs.sensitive if name in names] or [
        look.name for look in looks if look.kind and look.kind.group in {"special", "criminal"}
    ]
    sensitive = [name for name in sensitive if name not in {look.name for look in quasi}]
    risk = measure(table, quasi, sensitive[:6], inputs.k) if quasi else None
    return TableSeen(table.name, table.row_count, tuple(looks), risk, table.notes)


def _sample(table: TableSource, look: Look, inputs: PrivacyInput) -> list[str]:
    name = quoted(look.name)
    rows = table.query(
        f"SELECT {name} FROM data WHERE {name} IS NOT NULL LIMIT {int(inputs.sample_rows)}"  # noqa: S608  - a quoted name
    )
    return [str(text) for (text,) in rows]


def _text(file: InputFile, inputs: PrivacyInput, context: RunContext, seen: Assessed) -> None:
    if file.size_bytes > MAX_TEXT_BYTES:
        raise InputRejected(
            "data",
            found=f"'{file.name}' of {file.size_bytes:,} bytes",
            allowed=f"texts of at most {MAX_TEXT_BYTES:,} bytes",
            action="split the file",
        )
    try:
        lines = decoded(context.path(file).read_bytes()).splitlines()[:MAX_LINES]
    except IntakeRefused as refused:
        raise InputRejected(
            "data",
            found=f"{file.name}: {refused.found}",
            allowed=refused.allowed,
            action=refused.action,
        ) from refused
    seen.texts.append((file.name, search(lines, inputs.countries)))


def _refuse_unknown(inputs: PrivacyInput, seen: Assessed) -> None:
    known = sorted({look.name for table in seen.tables for look in table.looks})
    for field, names in (("quasi_identifiers", inputs.quasi_identifiers), ("sensitive", inputs.sensitive)):
        for name in names:
            if name not in known:
                _refuse(field, name, known)


def _refuse(field: str, name: str, known: list[str]) -> NoReturn:
    raise InputRejected(
        field, found=f"no column '{name[:100]}'", allowed=nearest(name, known), action="check the name"
    )


def _headline(seen: Assessed) -> str:
    looked = sum(len(table.looks) for table in seen.tables)
    holds = "holds" if len(seen.personal) == 1 else "hold"
    text = f"{counted(len(seen.personal), 'column')} of {looked} {holds} personal data"
    grave = len(seen.of_group("special")) + len(seen.of_group("criminal"))
    if grave:
        text += f", {grave} of them special categories"
    if not seen.tables:
        kinds = {kind for _, finds in seen.texts for kind in finds.texts_with}
        text = f"{counted(len(kinds), 'kind')} of identifiers in {counted(len(seen.texts), 'text')}"
    exposed = [table for table in seen.tables if table.anonymity and table.anonymity.now.exposed]
    if exposed:
        worst = max(exposed, key=lambda one: one.anonymity.now.exposed_share if one.anonymity else 0.0)
        share = worst.anonymity.now.exposed_share if worst.anonymity else 0.0
        text += f"; {share:.0%} of the rows of {worst.name} can be told apart"
    if seen.personal:
        text += "; an impact assessment is due" if needs_dpia(seen.criteria) else ""
    return text


def _summary(seen: Assessed, findings: tuple[Finding, ...]) -> dict[str, Any]:
    groups = [look.kind.group for _, look in seen.personal if look.kind]
    return {
        "personal_columns": len(seen.personal),
        "groups": {group: groups.count(group) for group in dict.fromkeys(groups)},
        "tables": {
            table.name: {
                "rows": table.rows,
                "quasi_identifiers": list(table.anonymity.quasi),
                "smallest_group": table.anonymity.now.smallest,
                "rows_below_k": table.anonymity.now.exposed,
            }
            for table in seen.tables
            if table.anonymity
        },
        "dpia_criteria": sum(one.holds for one in seen.criteria),
        "dpia_due": bool(seen.personal) and needs_dpia(seen.criteria),
        "greatest_residual_risk": max((one.residual for one in seen.scenarios), default=0),
        "findings": {level: sum(one.severity == level for one in findings) for level in SEVERITIES},
    }


def _artefacts(
    seen: Assessed,
    findings: tuple[Finding, ...],
    figures: tuple[Figure, ...],
    tables: tuple[Table, ...],
    context: RunContext,
) -> tuple[Artefact, ...]:
    html = page(
        title=f"{TITLE}: {seen.processing.name}",
        headline=_headline(seen),
        facts=f"{context.now:%Y-%m-%d} · law as of {law_as_of()} · not legal advice",
        figures=figures,
        findings=findings,
        tables=tables,
        notes=[note for table in seen.tables for note in table.notes],
        not_checked=_limits(),
    )
    made = (
        (
            "dpia.md",
            "text/markdown",
            exports.as_markdown(seen, findings, context.now),
            "Impact assessment, draft",
        ),
        ("dpia.html", "text/html", html.encode("utf-8", "replace"), "Report to read and share"),
        (
            "record.json",
            "application/json",
            exports.as_record(seen, context.now),
            "Record of processing (Art. 30)",
        ),
        (
            "contract.odcs.yaml",
            "application/yaml",
            exports.as_contract(seen),
            "Open Data Contract with classes",
        ),
    )
    return tuple(
        context.add_artefact(name, kind, content, title=title) for name, kind, content, title in made
    )


def _limits() -> tuple[str, ...]:
    return (
        "Names of people, places and opinions inside of texts are not found: no language model is used.",
        "Columns of names are found by how they are called, not by their values.",
        "Pictures, sound, nested values and what can be learnt by joining other data were not looked at.",
        "Whether the processing is lawful is not decided here; articles are pointers, not advice.",
    )


def _not_checked(seen: Assessed, inputs: PrivacyInput) -> tuple[str, ...]:
    said = list(_limits())
    sampled = [where for where, finds in seen.texts if finds.searched >= inputs.sample_rows]
    if sampled:
        said.append(f"Only the first {inputs.sample_rows:,} texts were searched of: {listed(sampled)}.")
    many = [where for where, finds in seen.texts if finds.by_patterns_alone]
    if many:
        said.append(
            f"After {MAX_RECOGNISED_TEXTS:,} lines no phone or national number was looked for in: "
            f"{listed(many)}."
        )
    if seen.skipped:
        said.append(f"Files that are no table or text: {listed(seen.skipped)}.")
    plain = [table.name for table in seen.tables if table.anonymity is None]
    if plain:
        said.append(f"No column tells rows apart, so re-identification was not measured in: {listed(plain)}.")
    said.append(
        f"National identifiers of other countries than {', '.join(inputs.countries)} were not looked for."
    )
    said += [f"{table.name}: {note}" for table in seen.tables for note in table.notes]
    return tuple(said)
