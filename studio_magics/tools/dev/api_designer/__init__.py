"""API Designer: OpenAPI 3.1 from a short description, checked, compared, documented and mocked.

Owns the rules of design and of breaking changes. It asks no network, follows no reference out of the file and
calls no API.
"""

from studio_magics.tools.dev.api_designer.tool import TOOL

__all__ = ["TOOL"]
