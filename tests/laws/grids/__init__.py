"""Days, months and renewals of every zone against a slow calendar: `run(count, seed)`."""

from tests.laws.grids.run import run

__all__ = ["run"]
