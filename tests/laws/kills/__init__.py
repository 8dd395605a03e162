"""kill -9 in the middle of everything: what was answered is recorded, once, and a restart works."""

from tests.laws.kills.run import run

__all__ = ["run"]
