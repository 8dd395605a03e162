"""What is wrong with how a text column is written: types, formats, spellings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.data.quality.observations import (
    Observation,
    examples,
    rows,
    severity_of_share,
    shortened,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.data.quality.profile import ColumnProfile


@dataclass(frozen=True)
class TextChecks:
    """Checks of one text column; they read its profile and nothing else."""

    column: ColumnProfile
    sample_rows: int

    def observations(self) -> Iterator[Observation]:
        """All observations about the writing of this column."""
        if self.column.present_count:
            yield from self.stored_as_text()
            yield from self.misfits()
            yield from self.formats()
            yield from self.spelling()

    def stored_as_text(self) -> Iterator[Observation]:
        """Numbers or dates in a column declared as text, or that only a guess can type."""
        column = self.column
        text = column.text
        if not column.is_stored_as_text or text is None:
            return
        odd = text.misfit_count + column.disguised_count
        if not column.declared and not self._needs_guess():
            return
        noun = "numbers" if column.reading in {"integer", "number"} else "dates"
        yield Observation(
            f"{noun}-stored-as-text",
            "medium",
            f"'{column.name}' holds {noun} as text",
            column.name,
            detail=f"{column.present_count - text.misfit_count:,} of {column.present_count:,} "
            f"values are {noun}; "
            f"sorted and compared as text they come out wrong."
            + (f" {odd:,} values are not." if odd else ""),
            action="Convert the column to "
            f"{'numbers' if noun == 'numbers' else 'dates (ISO 8601)'} at the source.",
            count=column.present_count,
            share=1.0,
        )

    def misfits(self) -> Iterator[Observation]:
        """Single texts in a column of numbers or dates."""
        column, text = self.column, self.column.text
        if text is None or not text.misfit_count:
            return
        noun = "numbers" if column.reading in {"integer", "number"} else "dates"
        share = text.misfit_count / column.present_count
        yield Observation(
            "mixed-types",
            severity_of_share(share, high=0.05, medium=0.0),
            f"'{column.name}' holds {noun} and {values(text.misfit_count)} of another kind",
            column.name,
            detail=f"All other values are {noun}. Found {examples(text.misfits, self.sample_rows)}.",
            action="Correct these values; one of them turns the whole column into text for most readers.",
            count=text.misfit_count,
            share=share,
            dimension="validity",
        )

    def formats(self) -> Iterator[Observation]:
        """Dates written in more than one way."""
        column, text = self.column, self.column.text
        if text is None or len(text.shapes) < 2:  # noqa: PLR2004  - one way of writing is right
            return
        others = sum(shape.count for shape in text.shapes[1:])
        share = others / column.present_count
        found = ", ".join(f"{shape.name} ({rows(shape.count)})" for shape in text.shapes[:6])
        yield Observation(
            "mixed-date-formats",
            severity_of_share(share, high=0.05, medium=0.0),
            f"'{column.name}' writes dates in {len(text.shapes)} ways",
            column.name,
            detail=f"Found {found}. Day and month are easily swapped.",
            action=f"Write all of them like {text.shapes[0].name}, best as 2024-12-31.",
            count=others,
            share=share,
            dimension="consistency",
        )

    def spelling(self) -> Iterator[Observation]:
        """Spellings of one value that differ in case or blanks only."""
        column, text = self.column, self.column.text
        if text is None or column.reading != "text":
            return
        if text.variant_count:
            yield self._variants()
        elif text.padded_count:
            share = text.padded_count / column.present_count
            yield Observation(
                "padded-text",
                "low",
                f"'{column.name}' has {values(text.padded_count)} with blanks at an end",
                column.name,
                detail="Such values do not match when tables are joined or filtered.",
                action="Trim the column when reading.",
                count=text.padded_count,
                share=share,
                dimension="consistency",
            )

    def _variants(self) -> Observation:
        column, text = self.column, self.column.text
        count = text.variant_count if text else 0
        groups = text.variants if text else ()
        share = count / column.present_count
        pairs = "; ".join(
            " / ".join(f"“{shortened(value.text)}” {value.count:,}" for value in group[:4])
            for group in groups[: self.sample_rows]
        )
        number = text.variant_groups if text else 0
        return Observation(
            "category-variants",
            severity_of_share(share, high=0.05, medium=0.0),
            f"'{column.name}' spells {values(number)} in more than one way",
            column.name,
            detail=f"Differing from the usual spelling only in case or blanks: {rows(count)}"
            + (f", as {pairs}." if pairs else ".")
            + " Grouping splits them, joins lose them.",
            action="Trim and fold the case, or map them to the usual spelling.",
            count=count,
            share=share,
            dimension="consistency",
        )

    def _needs_guess(self) -> bool:
        """True when the dates or numbers of a CSV column are written so that readers must guess."""
        text = self.column.text
        if text is None:
            return False
        ordered = {"2024-12-31", "2024-12-31 23:59", "2024-12-31T23:59Z"}
        if text.shapes:
            return any(shape.name not in ordered for shape in text.shapes)
        return "replace(" in self.column.typed_sql
