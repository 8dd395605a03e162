"""The credit server inside Jupyter: server extension, bridge, identity, kernel environment. See README.md."""

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:  # pyright: ignore[reportUnusedFunction]  - Jupyter calls it
    from studio_server.jupyter.extension import StudioExtension

    return [{"module": "studio_server.jupyter", "app": StudioExtension}]
