"""Draws the catalogue and one tool's page."""

from collections.abc import Sequence

from studio_magics.contracts.catalogue import Catalogue, ToolPage, ToolSummary
from studio_magics.display import wording
from studio_magics.display.bundle import Display
from studio_magics.display.input_fields import InputField, input_fields
from studio_magics.display.markup import Html, card, element, join, line, strong, table

PLACES = {"client": "kernel", "hybrid": "kernel or server", "server": "server"}
WIDEST_TITLE = 34


def catalogue(found: Catalogue) -> Display:
    """One line per tool: identifier, title, where it runs, what it costs, what it does."""
    rows = [_row(tool) for tool in found.tools]
    note = "" if found.price_version else "no server asked: these run in this kernel"
    if not rows:
        empty = "no tool matches; %studio tools lists all"
        return Display(empty, element("p", empty))
    text = "\n".join(_columns(rows) + ([note] if note else []))
    heads = ("tool", "title", "runs", "price", "what it does")
    html = table(wording.plural(len(rows), "tool"), heads, rows)
    return Display(text, join([html, element("p", note)]) if note else html)


def _row(tool: ToolSummary) -> tuple[str, str, str, str, str]:
    summary = tool.summary if tool.availability == "available" else f"(coming soon) {tool.summary}"
    return (tool.id, tool.title, PLACES[tool.mode], price(tool), summary)


def price(tool: ToolSummary) -> str:
    """What a run of this tool can cost."""
    if tool.mode == "client":
        return "0 credits"
    if tool.max_credits == 0:
        return "0 credits in the kernel" if tool.mode == "hybrid" else "the server tells the price"
    span = wording.range_text(tool.min_credits, tool.max_credits)
    return f"0 or {span}" if tool.mode == "hybrid" else span


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return ["   ".join([*(cell.ljust(widths[i]) for i, cell in enumerate(row[:4])), row[4]]) for row in rows]


def tool_page(page: ToolPage) -> Display:
    """Everything needed to use one tool: what it does, price, limits, inputs, an example to copy."""
    facts = _page_facts(page)
    fields = input_fields(page.input_schema)
    text = [f"{page.tool.title} · {page.tool.id}", *(f"  {fact}" for fact in facts)]
    if fields:
        text += ["  inputs:", *(f"    {row}" for row in _field_lines(fields, page.cell_field))]
    if page.example:
        text += ["  example:", *(f"    {row}" for row in page.example.strip().splitlines())]
    return Display("\n".join(text), _page_html(page, facts, fields))


def _page_facts(page: ToolPage) -> list[str]:
    tool = page.tool
    facts = [f"{PLACES[tool.mode]} · {price(tool)}"]
    if tool.max_credits or tool.mode == "client":
        facts[0] += f" · risk {tool.risk}"
    if page.version:
        facts[0] += f" · version {page.version}"
    if tool.availability == "coming_soon":
        facts.append("coming soon: it cannot be run yet")
    if page.limits is not None and tool.mode != "client":
        cpu, wall = wording.seconds_text(page.limits.cpu_ms), wording.seconds_text(page.limits.wall_ms)
        memory, output = (
            wording.size_text(page.limits.memory_bytes),
            wording.size_text(page.limits.output_bytes),
        )
        facts.append(f"a run on the server may use {cpu} CPU, {memory}, {wall}, {output} of result")
    facts.append(page.description or tool.summary)
    return facts


def _field_lines(fields: Sequence[InputField], cell_field: str | None) -> list[str]:
    names = [f"{field.option} {field.takes}".strip() for field in fields]
    width = max(len(name) for name in names)
    lines: list[str] = []
    for name, field in zip(names, fields, strict=True):
        notes = _notes(field, cell_field)
        lines.append(f"{name.ljust(width)}   {notes}".rstrip())
    return lines


def _notes(field: InputField, cell_field: str | None) -> str:
    parts = [field.description.rstrip(".")]
    if field.required:
        parts.append("required")
    elif not field.is_flag and field.default not in (None, "", [], {}):
        parts.append(f"default {field.default}")
    if field.name == cell_field:
        parts.append("or the body of the cell")
    return "; ".join(part for part in parts if part)


def _page_html(page: ToolPage, facts: Sequence[str], fields: Sequence[InputField]) -> Html:
    parts: list[Html] = [line(strong(page.tool.title), f" · {page.tool.id}"), *(line(fact) for fact in facts)]
    if fields:
        rows = [(f.option, f.takes, _notes(f, page.cell_field)) for f in fields]
        parts.append(table("Inputs", ("option", "takes", "meaning"), rows))
    if page.example:
        parts.append(
            element("pre", element("code", page.example.strip()), style="margin:6px 0;padding:6px 10px")
        )
    return card(*parts, label=f"Tool {page.tool.title}")
