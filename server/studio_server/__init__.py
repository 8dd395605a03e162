"""The credit server: ledger, pricing, runs; on its own, inside Jupyter, or inside a kernel."""

from typing import Any

from studio_magics.contracts.version import __version__ as __version__


def _jupyter_server_extension_points() -> list[dict[str, Any]]:  # pyright: ignore[reportUnusedFunction]  - Jupyter calls it
    """Let `jupyter server extension enable studio_server` work; nothing of Jupyter is imported before."""
    from studio_server import jupyter

    return jupyter._jupyter_server_extension_points()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  - Jupyter's name
