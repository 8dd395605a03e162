"""Project Builder: a working project for a chosen stack: code, tests, packaging, CI, container.

Owns the packs and the checks of what they make. It fetches nothing, installs nothing and runs no project.
"""

from studio_magics.tools.dev.projects.tool import TOOL

__all__ = ["TOOL"]
