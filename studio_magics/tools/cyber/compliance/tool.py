"""Wires the Compliance Auditor: input, run and result."""

from __future__ import annotations

from importlib.metadata import version

from pydantic import Field, JsonValue, model_validator

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.contracts.results import Artefact, Provenance, ToolResult
from studio_magics.tools.base import InputRejected, RunContext, Tool, ToolInput
from studio_magics.tools.cyber.compliance import exports
from studio_magics.tools.cyber.compliance.answer_rows import read_rows
from studio_magics.tools.cyber.compliance.assessing import assess, period_of
from studio_magics.tools.cyber.compliance.audit import Audit
from studio_magics.tools.cyber.compliance.coverage import counts, score
from studio_magics.tools.cyber.compliance.earlier import compare, read_earlier
from studio_magics.tools.cyber.compliance.evidence_files import Read, read_evidence
from studio_magics.tools.cyber.compliance.figures import all_figures
from studio_magics.tools.cyber.compliance.findings import find_all
from studio_magics.tools.cyber.compliance.oscal import OscalWriter
from studio_magics.tools.cyber.compliance.priorities import fixes, questions
from studio_magics.tools.cyber.compliance.reading import Stated, read_statement
from studio_magics.tools.cyber.compliance.statement import FIELD
from studio_magics.tools.cyber.compliance.tables import all_tables
from studio_magics.tools.typed_yaml import MAX_CHARACTERS, Description

TOOL_ID = "cyber-studio-compliance"
VERSION = "1.0.1"
START_CPU_MS = 45
CPU_US_PER_CHARACTER = 11
CPU_MS_PER_FRAMEWORK = 6
NS_PER_FILE_BYTE = 60
START_BYTES = 14_000_000
BYTES_PER_CHARACTER = 200
BYTES_PER_FILE_BYTE = 8
FRAMEWORKS_AT_MOST = 4

EXAMPLE = """%%studio run compliance
name: Web shop
frameworks: [nist-csf-2.0, iso-27001, soc-2, cis-8.1]
period: {start: 2025-07-01, end: 2026-06-30}
evidence:
  - {id: P1, title: Security policy, date: 2025-09-15, kind: policy, shows: [policies, acceptable-use]}
  - {id: S1, title: Sign-in settings, date: 2025-12-10, kind: configuration, shows: [mfa, passwords]}
  - {id: B1, title: Restore protocol, date: 2025-03-02, kind: record, shows: [restore-test]}
  - {id: T1, title: Training list, date: 2025-11-01, kind: record, shows: awareness}
practices:
  policies: met
  roles: {status: met, owner: CEO}
  mfa: met
  passwords: met
  backup: {status: partly, note: no copy out of reach, owner: IT, due: 2026-09-30}
  restore-test: met
  awareness: met
  patching: {status: partly, owner: IT, note: servers only}
  malware-protection: yes
  logging: no
  incident-plan: {status: not-met, owner: CEO, due: 2025-12-31}
  asset-inventory: {status: partly, owner: IT}
controls:
  A.7.4: {status: not-applicable, note: no premises of our own}
  CC1.2: {status: not-met, owner: CEO}
"""
NOT_CHECKED = (
    (
        "Whether answers are true: evidence is dated and named by the organisation, and only some file "
        "formats are read."
    ),
    "Whether a control works: files show what they list; nobody was interviewed and no system was tested.",
    (
        "The publishers' own mappings and texts: controls are paraphrased, and relations between frameworks "
        "are ours."
    ),
    "ISO 27001 clauses 4 to 10 (the management system itself); Annex A alone is no certification.",
)


class ComplianceInput(ToolInput):
    """A statement in YAML, answers from a table, and files of evidence."""

    statement: Description | dict[str, JsonValue] = Field(
        description=(
            "YAML (or the same as a dict): 'frameworks' (nist-csf-2.0, iso-27001, soc-2, cis-8.1), 'period', "
            "'evidence' (id, title, date, kind, file, shows), 'practices' and 'controls' with status "
            "(met, partly, "
            "not-met, not-applicable), evidence, note, owner, due"
        )
    )
    answers: InputFile | None = Field(
        default=None,
        description=(
            "More answers, one a row: CSV, Parquet or a data frame with item, status, evidence, note, "
            "owner, due"
        ),
    )
    files: InputFile | InputFolder | None = Field(
        default=None,
        description=(
            "Files that evidence names. Read are SARIF, CycloneDX, OSCAL plans of action and component "
            "definitions; "
            "others count by date and name"
        ),
    )
    previous: InputFile | None = Field(
        default=None,
        description="assessment-results.oscal.json of an earlier run: names what got better and worse",
    )

    @model_validator(mode="after")
    def _read_early(self) -> ComplianceInput:
        """Refuse a wrong statement when the price is asked.

        Raises:
            InputRejected: Passes through pydantic unchanged.
        """
        files_of(read_statement(self.statement), self.files)
        return self


def files_of(stated: Stated, files: InputFile | InputFolder | None) -> dict[str, InputFile]:
    """Evidence → its file.

    Raises:
        InputRejected: Evidence names a file that was not given.
    """
    given = (files,) if isinstance(files, InputFile) else files.files if files is not None else ()
    by_name = {file.name: file for file in given}
    found: dict[str, InputFile] = {}
    for one in stated.evidence.values():
        if one.file and one.file not in by_name:
            raise InputRejected(
                FIELD, found=f"evidence '{one.id}' names the file '{one.file[:80]}', which is not there",
                allowed=", ".join(sorted(by_name)[:10]) or "no file was given",
                action="give it in 'files', or leave 'file' out when it is kept elsewhere",
            )  # fmt: skip
        if one.file:
            found[one.id] = by_name[one.file]
    return found


def forecast(inputs: ComplianceInput) -> Forecast:
    """A start, the frameworks, and a little for the text and the files."""
    size = min(len(str(inputs.statement)), MAX_CHARACTERS)
    given = [one for one in (inputs.answers, inputs.files, inputs.previous) if one is not None]
    of_files = sum(one.size_bytes for one in given)
    names = str(inputs.statement)
    chosen = min(sum(name in names for name in ("csf", "27001", "soc-2", "cis-8")), FRAMEWORKS_AT_MOST)
    cpu_ms = START_CPU_MS + chosen * CPU_MS_PER_FRAMEWORK + size * CPU_US_PER_CHARACTER // 1000
    cpu_ms += of_files * NS_PER_FILE_BYTE // 1_000_000
    peak = START_BYTES + size * BYTES_PER_CHARACTER + of_files * BYTES_PER_FILE_BYTE
    basis = f"{size:,} characters, {chosen} frameworks" + (
        f", {of_files:,} bytes of files" if of_files else ""
    )
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms, peak_bytes=peak, basis=basis)


def run(inputs: ComplianceInput, context: RunContext) -> ToolResult:
    """Read, judge, rank, draw and write."""
    context.progress(0.05, "reading the statement")
    rows = None if inputs.answers is None else read_rows(context.path(inputs.answers))
    stated = read_statement(inputs.statement, rows)
    _refuse_future(stated, context)
    before = None if inputs.previous is None else read_earlier(context.path(inputs.previous))
    files = files_of(stated, inputs.files)
    context.progress(0.2, "reading evidence")
    reads = _reads(stated, files, context)
    context.progress(0.5, "judging controls")
    assessment = assess(stated, reads, context.now.date())
    audit = Audit(
        stated, assessment, fixes(assessment), questions(assessment), context.now.date(),
        None if before is None else compare(assessment, before),
    )  # fmt: skip
    context.progress(0.7, "drawing and writing")
    return _result(audit, files, context)


def _refuse_future(stated: Stated, context: RunContext) -> None:
    """Evidence cannot be dated after the run.

    Raises:
        InputRejected: Naming the evidence.
    """
    for one in stated.evidence.values():
        if one.date > context.now.date():
            raise InputRejected(
                FIELD, found=f"evidence '{one.id}' of {one.date}, which is after today",
                allowed=f"dates up to {context.now.date()}",
            )  # fmt: skip


def _reads(stated: Stated, files: dict[str, InputFile], context: RunContext) -> list[Read]:
    _, end = period_of(stated, context.now.date())
    found: list[Read] = []
    for name, file in files.items():
        shows = tuple(key for key, names in stated.shown_by.items() if name in names)
        read = read_evidence(context.path(file), stated.evidence[name], shows, end)
        if read is not None:
            found.append(read)
    return found


def _result(audit: Audit, files: dict[str, InputFile], context: RunContext) -> ToolResult:
    headline = _headline(audit)
    frameworks = audit.stated.scope.frameworks
    return ToolResult(
        headline=headline,
        score=score(audit.assessment.controls),
        summary=_summary(audit),
        findings=find_all(audit),
        tables=all_tables(audit),
        figures=all_figures(audit.assessment, frameworks),
        artefacts=_artefacts(audit, files, headline, context),
        not_checked=(*_left_out(audit, files), *NOT_CHECKED),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={"PyYAML": version("PyYAML")},
            data_as_of={one.title: one.as_of for one in frameworks},
        ),
    )


def _headline(audit: Audit) -> str:
    number = counts(audit.assessment.controls)
    shares = ", ".join(f"{one.short} {score(audit.of(one.name))} %" for one in audit.stated.scope.frameworks)
    first = f"; first: {audit.fixes[0].practice.words}" if audit.fixes else ""
    return (
        f"{audit.stated.statement.name}: {shares}; {number['met']} controls met, {number['partly']} partly, "
        f"{number['not-met']} not, {number['not-assessed']} not assessed{first}"
    )


def _summary(audit: Audit) -> dict[str, JsonValue]:
    return {
        "frameworks": {
            one.name: {**counts(audit.of(one.name)), "score": score(audit.of(one.name))}
            for one in audit.stated.scope.frameworks
        },
        "fix_first": [fix.practice.name for fix in audit.fixes[:10]],
        "evidence": len(audit.stated.evidence),
        "evidence_outside_period": len(audit.assessment.stale),
        "period": [audit.assessment.start.isoformat(), audit.assessment.end.isoformat()],
        "better": len(audit.change.better) if audit.change else None,
        "worse": len(audit.change.worse) if audit.change else None,
    }


def _left_out(audit: Audit, files: dict[str, InputFile]) -> list[str]:
    """What the choice of the user leaves out, and files that were named and not read."""
    statement = audit.stated.statement
    told: list[str] = []
    if "cis-8.1" in statement.frameworks and statement.cis_group < 3:  # noqa: PLR2004  - the highest group
        told.append(f"CIS safeguards above implementation group {statement.cis_group}.")
    if "soc-2" in statement.frameworks:
        told.append(f"Trust services categories other than {', '.join(statement.soc_categories)}.")
    read = {one.evidence for one in audit.assessment.reads}
    unread = [name for name in files if name not in read]
    if unread:
        told.append(f"The contents of {', '.join(unread)[:200]}: formats that are not read.")
    return told


def _artefacts(
    audit: Audit, files: dict[str, InputFile], headline: str, context: RunContext
) -> tuple[Artefact, ...]:
    keep, writer = context.add_artefact, OscalWriter(audit, context.now, files)
    media = "application/oscal+json"
    return (
        keep("assessment-results.oscal.json", media, writer.results(), title="OSCAL assessment results"),
        keep("plan.oscal.json", media, writer.plan(), title="OSCAL plan of action and milestones"),
        keep("controls.csv", "text/csv", exports.controls_csv(audit), title="All controls with their status"),
        keep("report.md", "text/markdown", exports.markdown(audit, headline), title="Report"),
    )


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Compliance Auditor",
    places=frozenset({"server"}),
    input_model=ComplianceInput,
    forecast=forecast,
    run=run,
    example=EXAMPLE,
    description=(
        "Reads what an organisation says about its practices and controls, and the evidence for it, in "
        "YAML or a "
        "table, with files (SARIF, CycloneDX, OSCAL). Judges every control of NIST CSF 2.0, ISO 27001 "
        "Annex A, SOC 2 "
        "and CIS Controls 8.1: what is said without evidence of the period, or against open findings in "
        "a file, is "
        "not met. Returns gaps with reasons, coverage by family, what to fix first (one practice closes "
        "gaps in "
        "several frameworks), what to ask next, what changed since an earlier run, and files: OSCAL "
        "assessment "
        "results and plan of action, CSV and Markdown. Control texts are paraphrased."
    ),
    cell_field="statement",
    libraries=("PyYAML",),
)
