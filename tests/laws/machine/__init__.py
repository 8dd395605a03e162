"""Random walks through the books beside an independent model: `run(count, seed, engine)`."""

from tests.laws.machine.walk import run

__all__ = ["run"]
