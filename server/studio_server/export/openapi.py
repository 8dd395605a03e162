"""The OpenAPI description as a file, for people who read it without running a server."""

import json

from studio_server.api.openapi import document
from studio_server.registry import catalogue


def openapi() -> str:
    """The description of the server with the catalogue that ships with it."""
    return json.dumps(document(catalogue.load(with_code=False)), indent=2, ensure_ascii=False) + "\n"
