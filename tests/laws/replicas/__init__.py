"""Two servers on one PostgreSQL; one is killed, or stopped past the leases of its holds, under load."""

from tests.laws.replicas.rounds import run

__all__ = ["run"]
