"""Letter Counter: how often each letter occurs in a text. One module is a whole tool."""

import csv
import io
from collections import Counter

from pydantic import Field

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Column, Provenance, Table, ToolResult
from studio_magics.tools.base import Example, ExampleFile, InputRejected, RunContext, Tool, ToolInput

TOOL_ID = "text-studio-letters"
VERSION = "1.0.0"
MOST_BYTES = 20_000_000
START_CPU_MS = 150
CPU_MS_PER_MEGABYTE = 90
START_BYTES = 45_000_000


class LettersInput(ToolInput):
    """What a person says to the tool."""

    data: InputFile = Field(description="A text file in UTF-8")
    most_letters: int = Field(default=5, ge=1, le=1_000, description="Letters to list, the commonest first")


def forecast(inputs: LettersInput) -> Forecast:
    """What a run will need, from the size of the file alone, with the start of a process."""
    size = inputs.data.size_bytes
    cpu_ms = START_CPU_MS + CPU_MS_PER_MEGABYTE * size // 1_000_000
    return Forecast(
        cpu_ms=cpu_ms,
        wall_ms=cpu_ms * 3 // 2,
        peak_bytes=START_BYTES + 5 * size,
        basis=f"{size:,} bytes of text",
    )


def run(inputs: LettersInput, context: RunContext) -> ToolResult:
    """Count, and say what was found."""
    text = _text(inputs, context)
    context.progress(0.3, "counting")
    counted = Counter(sign for sign in text.lower() if sign.isalpha())
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    context.progress(0.9, "writing")
    made = context.add_artefact("letters.csv", "text/csv", _as_csv(ranked), title="All letters")
    total = sum(counted.values())
    return ToolResult(
        headline=f"{inputs.data.name}: {total:,} letters, {len(counted)} different",
        summary={"letters": total, "different": len(counted)},
        tables=(_table(ranked[: inputs.most_letters], total),) if total else (),
        artefacts=(made,),
        not_checked=("Accents that are written as signs of their own were not joined to their letters.",),
        provenance=Provenance(tool_id=TOOL_ID, tool_version=VERSION),
    )


def _text(inputs: LettersInput, context: RunContext) -> str:
    """The text; a refusal before any work is free."""
    if inputs.data.size_bytes > MOST_BYTES:
        found, allowed = f"{inputs.data.size_bytes:,} bytes", f"at most {MOST_BYTES:,} bytes"
        raise InputRejected("data", found=found, allowed=allowed, action="give a part of it")
    try:
        return context.path(inputs.data).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        found, allowed = "bytes that are not UTF-8", "text in UTF-8"
        raise InputRejected("data", found=found, allowed=allowed, action="save it as UTF-8") from None


def _table(ranked: list[tuple[str, int]], total: int) -> Table:
    columns = (
        Column(name="letter"),
        Column(name="count", kind="integer"),
        Column(name="share", kind="percent"),
    )
    rows = tuple((letter, count, round(100 * count / total, 1)) for letter, count in ranked)
    return Table(title="Commonest letters", columns=columns, rows=rows)


def _as_csv(ranked: list[tuple[str, int]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([("letter", "count"), *ranked])
    return written.getvalue().encode()


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Letter Counter",
    places=frozenset({"kernel", "server"}),
    input_model=LettersInput,
    forecast=forecast,
    run=run,
    example="%studio run letters --data story.txt --most-letters 3",
    description="Counts how often each letter occurs in a text file. Returns the commonest ones and all as CSV.",
    examples=(
        Example(
            "a sentence", {"data": ExampleFile("sentence.txt", "Füße und Öl".encode()), "most_letters": 3}
        ),
        Example("a long text", {"data": ExampleFile("long.txt", b"All work and no play. " * 20_000)}),
    ),
)
