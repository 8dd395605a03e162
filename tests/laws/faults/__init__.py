"""The n-th call to the disk fails, for every n, on every money route; nothing answered is lost or doubled."""

from tests.laws.faults.run import run

__all__ = ["run"]
