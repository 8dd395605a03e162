"""The work of the Project Builder, in order."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Column, Finding, Provenance, Table, ToolResult
from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.documents import read_part
from studio_magics.tools.dev.projects.answers import Project, kept_text, read_answers, read_kept
from studio_magics.tools.dev.projects.bundle import zipped
from studio_magics.tools.dev.projects.checking import Check, check_project, formatted
from studio_magics.tools.dev.projects.figures import module_map
from studio_magics.tools.dev.projects.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.projects.packs import PACKS_DATE
from studio_magics.tools.dev.projects.rendering import render
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFolder
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.projects.inputs import ProjectInput

NOT_CHECKED = (
    "The project was not installed and its tests were not run here; that is done whenever a pack changes.",
    "No newer releases of its libraries were looked for: lower bounds are those the packs were tested with.",
    "Files whose names begin with a dot do not travel with a folder: compare those yourself.",
)


def run(inputs: ProjectInput, context: RunContext) -> ToolResult:
    """Read the answers, render, check, compare, pack."""
    context.progress(0.05, "reading the answers")
    _refuse_full_folder(inputs)
    project = _project(inputs, context)
    context.progress(0.2, "writing files")
    made = render(project, context)
    made["project.json"] = (kept_text(project, VERSION, PACKS_DATE), "the answers it was made from")
    texts = formatted({name: text for name, (text, _) in made.items()})
    context.progress(0.5, "checking what was made")
    checks = check_project(texts, project)
    context.progress(0.8, "comparing with what is there")
    states = _states(texts, inputs.existing, context)
    added = {name: text for name, text in texts.items() if states[name] == "new"}
    context.progress(0.9, "packing")
    archive = zipped(added, project.name)
    kept = (
        context.add_artefact(f"{project.name}.zip", "application/zip", archive, title="The project"),
        context.add_artefact(
            "project.json", "application/json", texts["project.json"].encode(), title="Answers"
        ),
    )
    return ToolResult(
        headline=_headline(project, added, states, checks),
        summary={
            "name": project.name, "stack": project.stack, "package": project.package, "files": len(texts),
            "added": len(added), "checks": {one.name: one.passed for one in checks},
        },
        findings=_findings(states),
        tables=(_files({name: what for name, (_, what) in made.items()}, texts, states), _checks(checks)),
        figures=(module_map(texts, project),),
        artefacts=kept,
        not_checked=NOT_CHECKED if inputs.existing else NOT_CHECKED[:2],
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in LIBRARIES},
            data_as_of={"packs": PACKS_DATE},
        ),
    )  # fmt: skip


def _refuse_full_folder(inputs: ProjectInput) -> None:
    if inputs.existing is not None and not inputs.merge:
        raise InputRejected(
            "existing",
            found=f"a folder with {counted(len(inputs.existing.files), 'file')}",
            allowed="an empty folder, or merge",
            action="add --merge: files that are there stay as they are",
        )


def _project(inputs: ProjectInput, context: RunContext) -> Project:
    part = (
        read_part(inputs.project, "project") if inputs.answers is None else read_kept(inputs.answers, context)
    )
    return read_answers(part, context.now.year)


def _states(texts: dict[str, str], existing: InputFolder | None, context: RunContext) -> dict[str, str]:
    """Each file: new, the same, or there in another form (then it stays)."""
    there = {one.name: one for one in existing.files} if existing else {}
    states: dict[str, str] = {}
    for name, text in texts.items():
        if name not in there:
            states[name] = "new"
        else:
            same = context.path(there[name]).read_bytes() == text.encode()
            states[name] = "the same" if same else "yours stays"
    return states


def _findings(states: dict[str, str]) -> tuple[Finding, ...]:
    different = [name for name, state in states.items() if state == "yours stays"]
    if not different:
        return ()
    return (
        Finding(
            code="file-differs",
            severity="info",
            title=f"{counted(len(different), 'file')} of yours differ from the pack and stay as they are",
            where=different[0],
            detail=", ".join(different[:20]),
            action="Compare them with a project made into an empty folder",
            count=len(different),
        ),
    )


def _headline(project: Project, added: dict[str, str], states: dict[str, str], checks: list[Check]) -> str:
    kept = len(states) - len(added)
    beside = f", {kept} were there" if kept else ""
    passed = f"{len(checks)} checks passed"
    return f"{project.name}: {project.stack} with {counted(len(added), 'file')}{beside}; {passed}"


def _files(purposes: dict[str, str], texts: dict[str, str], states: dict[str, str]) -> Table:
    rows = tuple((name, purposes[name], states[name], texts[name].count("\n")) for name in sorted(purposes))
    return Table(
        title="Files",
        columns=(
            Column(name="file"),
            Column(name="what"),
            Column(name="state"),
            Column(name="lines", kind="integer"),
        ),
        rows=rows,
    )


def _checks(checks: list[Check]) -> Table:
    return Table(
        title="Checks",
        columns=(Column(name="check"), Column(name="passed", kind="flag"), Column(name="result")),
        rows=tuple((one.name, one.passed, one.told) for one in checks),
    )
