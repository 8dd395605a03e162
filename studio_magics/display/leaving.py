"""Draws what was taken along of an account."""

from dataclasses import dataclass

from studio_magics.display.bundle import Display
from studio_magics.display.markup import card, line, strong
from studio_magics.display.wording import size_text


@dataclass(frozen=True)
class Exported:
    """An archive with everything the server holds about the caller, as a file of this kernel."""

    path: str
    """As it was asked for."""
    size_bytes: int
    runs: int
    statement_lines: int
    tables: int

    @property
    def facts(self) -> tuple[str, ...]:
        """What is in the file and how to treat it, a line each."""
        runs = f"{self.runs:,} run{'' if self.runs == 1 else 's'}"
        lines = f"{self.statement_lines:,} ledger line{'' if self.statement_lines == 1 else 's'}"
        return (
            f"{runs} with inputs and results, {lines}, {self.tables} tables in all",
            "each table as JSON and as CSV; README.txt in it says what they hold",
            "every file is as the manifest lists it; the server signed the manifest",
            "uploads and files of runs are listed, not contained",
            "it is readable by whoever has the file",
        )


def exported(found: Exported) -> Display:
    """Path and size, then one line per fact."""
    first = f"{found.path} · {size_text(found.size_bytes)}"
    html = card(line(strong(first)), *(line(fact) for fact in found.facts), label="Account export")
    return Display("\n".join([first, *(f"  {fact}" for fact in found.facts)]), html)
