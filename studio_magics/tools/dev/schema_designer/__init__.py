"""Database Schema Designer: DDL of three databases, migrations both ways, and a trial.

Owns the model of a design, how two designs differ, and the trial of a migration on a database in memory. It
connects to no database of the user's.
"""

from studio_magics.tools.dev.schema_designer.tool import TOOL

__all__ = ["TOOL"]
