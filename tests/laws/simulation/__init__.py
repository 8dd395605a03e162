"""Worlds of retries and crashes around the real core, each from its seed: `run(count, seed)`."""

from tests.laws.simulation.run import run

__all__ = ["run"]
