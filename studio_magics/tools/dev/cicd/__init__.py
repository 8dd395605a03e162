"""CI/CD Pipeline Builder: a GitHub Actions workflow from a description or a repository, or an audit of one.

Owns what a good workflow is made of and the checks of its own; the audit of security is zizmor's. It asks no
network and runs no workflow.
"""

from studio_magics.tools.dev.cicd.tool import TOOL

__all__ = ["TOOL"]
