"""Sixty-four clients at once on one thing that is scarce: `run(count, seed, engine)`."""

from tests.laws.races.run import run

__all__ = ["run"]
