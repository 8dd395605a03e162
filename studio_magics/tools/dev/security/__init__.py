"""Security Scanner: Python code, secrets, dependencies and configuration of a folder; SARIF and a checklist.

Owns the ranking, the secrets, the checks of dependencies and configuration. Code is read and never run.
Python is analysed by ruff and Bandit, workflows by zizmor, each in a process of its own.
"""

from studio_magics.tools.dev.security.tool import TOOL

__all__ = ["TOOL"]
