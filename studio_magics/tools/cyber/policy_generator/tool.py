"""Wires the Policy Generator: input, run and result."""

from importlib.metadata import version

from pydantic import Field, JsonValue, field_validator

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact, Provenance, ToolResult
from studio_magics.tools.base import RunContext, Tool, ToolInput
from studio_magics.tools.cyber.frameworks import practices
from studio_magics.tools.cyber.policy_generator import machine
from studio_magics.tools.cyber.policy_generator.checking import Contradiction, find_contradictions
from studio_magics.tools.cyber.policy_generator.covering import EXTENTS, cover
from studio_magics.tools.cyber.policy_generator.documents import PolicySet, gather, markdown, word_document
from studio_magics.tools.cyber.policy_generator.existing import compare
from studio_magics.tools.cyber.policy_generator.facts import Facts, read_facts
from studio_magics.tools.cyber.policy_generator.figures import all_figures
from studio_magics.tools.cyber.policy_generator.findings import find_all
from studio_magics.tools.cyber.policy_generator.library import as_of, choose, heads, templates
from studio_magics.tools.cyber.policy_generator.tables import all_tables
from studio_magics.tools.typed_yaml import MAX_CHARACTERS, Description
from studio_magics.tools.wording import counted

TOOL_ID = "cyber-studio-policy-generator"
VERSION = "1.0.1"
START_CPU_MS = 165
CPU_US_PER_CHARACTER = 15
NS_PER_FILE_BYTE = 1_500
START_BYTES = 26_000_000
BYTES_PER_CHARACTER = 200
BYTES_PER_FILE_BYTE = 20

EXAMPLE = """%%studio run policy-generator
name: Web shop Ltd
staff: 40
roles: {owner: Head of security, approver: Managing director, it: Head of IT, privacy: Privacy officer}
approved: 2026-01-10
frameworks: [iso-27001, cis-8.1]
regulations: [gdpr, pci-dss]
data: [personal, payment, confidential]
uses: [cloud, remote-work, development, suppliers, internet-services, transactions, ai]
settings:
  password_rotation_days: 90
  backup_hours: 24
  rpo_hours: 4
  backup_days: 60
  deletion_days: 30
  notice_hours: 96
clauses:
  - {policy: incidents, text: The works council hears of incidents with staff data.,
     practices: incident-notice}
leave_out:
  - {clause: use-media, reason: ports for removable media are disabled everywhere}
"""
NOT_CHECKED = (
    (
        "Law: clauses state common practice, and limits are as of the library's day; a lawyer reads them "
        "before signature."
    ),
    "Whether the policies are lived; for that use the compliance auditor with evidence.",
    "ISO 27001 clauses 4 to 10, and the publishers' own texts: controls are paraphrased and mapped by us.",
)


class PolicyInput(ToolInput):
    """Facts of an organisation, and optionally a policy that is there already."""

    facts: Description | dict[str, JsonValue] = Field(
        description=(
            "YAML (or the same as a dict): 'name', 'staff', 'roles' (owner, approver, it, privacy, people), "
            "'approved' (day), 'review_months', 'frameworks', 'regulations', 'data' (kinds), 'uses', "
            "'settings' "
            "(numbers with their units in the name), 'clauses' of your own, 'leave_out'"
        )
    )
    existing: InputFile | None = Field(
        default=None,
        description="A policy that is there already (.docx, .md, .txt): other numbers, missing passages",
    )

    @field_validator("facts")
    @classmethod
    def _read_early(cls, facts: str | dict[str, JsonValue]) -> str | dict[str, JsonValue]:
        """Refuse wrong facts when the price is asked.

        Raises:
            InputRejected: Passes through pydantic unchanged.
        """
        facts_of(facts)
        return facts


def facts_of(source: str | dict[str, JsonValue]) -> Facts:
    """The facts, checked.

    Raises:
        InputRejected: As `read_facts`.
    """
    return read_facts(source, tuple(templates()), tuple(practices()))


def forecast(inputs: PolicyInput) -> Forecast:
    """A start, and a little for the facts and an existing document."""
    size = min(len(str(inputs.facts)), MAX_CHARACTERS)
    of_file = inputs.existing.size_bytes if inputs.existing is not None else 0
    cpu_ms = START_CPU_MS + size * CPU_US_PER_CHARACTER // 1000 + of_file * NS_PER_FILE_BYTE // 1_000_000
    peak = START_BYTES + size * BYTES_PER_CHARACTER + of_file * BYTES_PER_FILE_BYTE
    basis = f"facts of {size:,} characters" + (f", a document of {of_file:,} bytes" if of_file else "")
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms, peak_bytes=peak, basis=basis)


def run(inputs: PolicyInput, context: RunContext) -> ToolResult:
    """Choose clauses, check, draw and write."""
    context.progress(0.05, "reading the facts")
    facts = facts_of(inputs.facts)
    clauses = choose(facts)
    existing = inputs.existing
    compared = None if existing is None else compare(context.path(existing), existing.name, facts, clauses)
    context.progress(0.3, "relating clauses and controls")
    policies = gather(facts, tuple(heads().values()), clauses, cover(facts, clauses))
    contradictions = find_contradictions(facts)
    context.progress(0.6, "writing documents")
    return ToolResult(
        headline=_headline(policies, contradictions),
        summary=_summary(policies, contradictions),
        findings=find_all(policies, contradictions, compared, context.now.date()),
        tables=all_tables(policies),
        figures=all_figures(policies),
        artefacts=_artefacts(policies, context),
        not_checked=NOT_CHECKED,
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in ("python-docx", "PyYAML")},
            data_as_of={
                "clause library and limits": as_of(),
                **{one.title: one.as_of for one in policies.coverage.frameworks},
            },
        ),
    )


def _headline(policies: PolicySet, contradictions: tuple[Contradiction, ...]) -> str:
    clauses = sum(len(one.clauses) for one in policies.policies)
    shares = ", ".join(
        f"{sum(1 for one in policies.coverage.of(each.name) if one.extent != 'none')} of "
        f"{len(policies.coverage.of(each.name))} {each.short}"
        for each in policies.coverage.frameworks
    )
    found = counted(len(contradictions), "contradiction") if contradictions else "no contradiction"
    return (
        f"{policies.facts.name}: {len(policies.policies)} policies with {clauses} clauses state {shares} "
        "controls; "
        f"{found}"
    )


def _summary(policies: PolicySet, contradictions: tuple[Contradiction, ...]) -> dict[str, JsonValue]:
    return {
        "policies": [one.head.name for one in policies.policies],
        "clauses": sum(len(one.clauses) for one in policies.policies),
        "next_review": policies.next_review.isoformat(),
        "contradictions": [one.code for one in contradictions],
        "coverage": {
            each.name: {
                extent: sum(1 for one in policies.coverage.of(each.name) if one.extent == extent)
                for extent in EXTENTS
            }
            for each in policies.coverage.frameworks
        },
    }


def _artefacts(policies: PolicySet, context: RunContext) -> tuple[Artefact, ...]:
    keep = context.add_artefact
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    definition = machine.component_definition(policies, context.now)
    return (
        keep("policies.docx", word, word_document(policies, context.now), title="All policies, Word"),
        keep("policies.md", "text/markdown", markdown(policies), title="All policies, Markdown"),
        keep("policies.oscal.json", "application/oscal+json", definition, title="OSCAL component definition"),
        keep(
            "settings.schema.json", "application/schema+json", machine.settings_schema(policies),
            title="JSON Schema for settings",
        ),
        keep("access.cedar", "text/plain", machine.cedar(policies),
        title="Clauses on access as Cedar policies"),
    )  # fmt: skip


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Policy Generator",
    places=frozenset({"kernel", "server"}),
    input_model=PolicyInput,
    forecast=forecast,
    run=run,
    example=EXAMPLE,
    description=(
        "Reads facts of an organisation in YAML (roles, data, what it uses, what binds it, the numbers "
        "it can keep) "
        "and writes up to 14 policies from a library of clauses, each tied to controls of NIST CSF 2.0, "
        "ISO 27001, "
        "SOC 2 and CIS. Finds contradictions: numbers against each other, against law and guidance, own "
        "clauses "
        "against the library, and an existing Word or text policy against the facts. Shows which "
        "controls no clause "
        "states and why. Files: Word, Markdown, an OSCAL component definition that the compliance "
        "auditor reads, a "
        "JSON Schema for settings, and Cedar policies. No legal advice."
    ),
    cell_field="facts",
    libraries=("python-docx", "PyYAML"),
)
