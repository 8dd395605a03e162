"""Everything that findings, tables, pictures and files are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from studio_magics.tools.cyber.risk_register.measures import Rated, Spread, Worth
    from studio_magics.tools.cyber.risk_register.register import Register
    from studio_magics.tools.cyber.risk_register.simulation import Simulation


@dataclass(frozen=True)
class Reading:
    """A register with its figures."""

    register: Register
    simulation: Simulation
    now: Spread
    treated: Spread
    rated: tuple[Rated, ...]
    worths: tuple[Worth, ...]
    today: date
    seed: int

    @property
    def has_money(self) -> bool:
        """Whether any risk has ranges."""
        return bool(self.simulation.risks)

    @property
    def expected(self) -> float:
        """The exact expectation of a year over all risks."""
        return sum(one.expected or 0.0 for one in self.rated)

    @property
    def expected_treated(self) -> float:
        """The same with all planned controls."""
        return sum(one.expected_treated or 0.0 for one in self.rated)

    def money(self, amount: float) -> str:
        """'EUR 1,240,000' to three significant digits: more would pretend."""
        return f"{self.register.currency} {rounded(amount):,}"


def rounded(amount: float) -> int:
    """A whole amount with three significant digits."""
    whole = round(amount)
    digits = len(str(abs(whole)))
    return whole if digits <= 3 else round(whole, 3 - digits)  # noqa: PLR2004  - significant digits
