"""What is aimed at: hours to find and to end, days to patch, share covered; by level."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from studio_magics.tools.typed_yaml import read_described

FIELD = "targets"


class Levels(BaseModel):
    """A number for each level; empty is no target."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    critical: float | None = Field(default=None, gt=0, le=100_000)
    high: float | None = Field(default=None, gt=0, le=100_000)
    medium: float | None = Field(default=None, gt=0, le=100_000)
    low: float | None = Field(default=None, gt=0, le=100_000)

    def given(self) -> dict[str, float]:
        """Level → number, where there is one."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


class Targets(BaseModel):
    """All targets. The defaults are common starting points, not a standard: put in your own."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    detect_hours: Levels = Levels(critical=24, high=72, medium=168, low=720)
    acknowledge_hours: Levels = Levels(critical=0.5, high=2, medium=8, low=24)
    contain_hours: Levels = Levels(critical=8, high=24, medium=72, low=168)
    resolve_hours: Levels = Levels(critical=24, high=72, medium=168, low=720)
    patch_days: Levels = Levels(critical=15, high=30, medium=90, low=180)
    coverage_percent: float = Field(default=95, gt=0, le=100)

    def hours(self, name: str) -> dict[str, float]:
        """Targets of one measure in hours."""
        if name == "patch":
            return {level: 24 * days for level, days in self.patch_days.given().items()}
        levels: Levels = getattr(self, f"{name}_hours")
        return levels.given()


def read_targets(source: str | Mapping[str, Any]) -> Targets:
    """Read and check the targets; an empty text is the defaults.

    Raises:
        InputRejected: Names the line, what was found and what is allowed.
    """
    return read_described(source, Targets, field=FIELD).value if source else Targets()
