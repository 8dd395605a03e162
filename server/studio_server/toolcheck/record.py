"""Looks at the `Tool` record itself: names, texts, places."""

import re
from collections.abc import Iterator

from studio_magics.tools import catalog
from studio_magics.tools.base import Tool
from studio_server.toolcheck.report import Check, judged, noted, passed
from studio_server.toolcheck.subject import Subject

ID = re.compile(r"^[a-z][a-z0-9]*-studio-[a-z0-9-]{1,40}$")
VERSION = re.compile(r"^\d+\.\d+\.\d+([-+.].+)?$")
LEAST_WORDS = 5
MOST_TITLE = 40
MOST_DESCRIPTION = 1_000


def checks(subject: Subject) -> list[Check]:
    """All about the record."""
    return [
        judged("record", _faults(subject.tool), good="identifier, version and texts fit", todo=_TODO),
        _entry_point(subject),
    ]


_TODO = "correct the Tool record at the end of the module"


def _faults(tool: Tool) -> Iterator[str]:
    if not ID.match(tool.id):
        yield f"the id '{tool.id}' is not like 'data-studio-quality'"
    if not VERSION.match(tool.version):
        yield f"the version '{tool.version}' is not like 1.0.0"
    if not 1 <= len(tool.title) <= MOST_TITLE:
        yield f"the title has {len(tool.title)} characters, 1 to {MOST_TITLE} are shown"
    if len(tool.description.split()) < LEAST_WORDS or len(tool.description) > MOST_DESCRIPTION:
        yield f"the description has not {LEAST_WORDS} words to {MOST_DESCRIPTION} characters"
    if not tool.places or not tool.places <= {"kernel", "server"}:
        yield f"places are {sorted(tool.places)}, they are taken from kernel and server"
    yield from _field_faults(tool)


def _field_faults(tool: Tool) -> Iterator[str]:
    fields = tool.input_model.model_fields
    if tool.cell_field is not None and tool.cell_field not in fields:
        yield f"the cell fills '{tool.cell_field}', which the input model does not have"
    for name in tool.kernel_only:
        if name not in fields:
            yield f"'{name}' is kept in the kernel, but the input model does not have it"
    wanted = f"run {catalog.short_name(tool.id)}"
    if "%studio" not in tool.example or wanted not in tool.example:
        yield f"the example has no line '%studio {wanted}'"


def _entry_point(subject: Subject) -> Check:
    tool = subject.tool
    if subject.is_installed:
        return passed("entry point", f"kernels and servers with this environment find '{tool.id}'")
    return noted(
        "entry point",
        f"'{tool.id}' is not installed from {subject.reference}, so nobody finds it yet",
        f'[project.entry-points."studio.tools"] "{tool.id}" = "{subject.reference}"; then pip install',
    )
