"""Command line: `python -m studio_server.export [WHAT WHERE]`.

WHAT is typescript or openapi (WHERE is a file), schemas or tools (a folder). Without arguments all are
written to their places below the current folder.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from studio_server.export.openapi import openapi
from studio_server.export.schemas import write_schemas
from studio_server.export.tools import write_tools
from studio_server.export.typescript import typescript


def _write_text(text: Callable[[], str]) -> Callable[[Path], str]:
    def write(target: Path) -> str:
        written = text()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(written, encoding="utf-8")
        return f"{len(written.splitlines())} lines"

    return write


WRITERS: Mapping[str, Callable[[Path], str]] = {
    "typescript": _write_text(typescript),
    "schemas": lambda folder: f"{write_schemas(folder)} schemas",
    "openapi": _write_text(openapi),
    "tools": lambda folder: f"{write_tools(folder)} pages",
}
PLACES: Mapping[str, Path] = {
    "typescript": Path("labextension/src/contracts.ts"),
    "schemas": Path("docs/schemas"),
    "openapi": Path("docs/openapi.json"),
    "tools": Path("docs/tools"),
}


def main(arguments: list[str]) -> int:
    """Write what was asked for and say what was written; nothing else is touched."""
    parser = argparse.ArgumentParser(prog="python -m studio_server.export", description=__doc__)
    parser.add_argument("what", choices=tuple(WRITERS), nargs="?", help="left out: all")
    parser.add_argument("target", type=Path, nargs="?", help="a file, for schemas and tools a folder")
    asked = parser.parse_args(arguments)
    if asked.what and asked.target is None:
        parser.error(f"say where {asked.what} is written")
    targets: Mapping[str, Path] = {asked.what: asked.target} if asked.what else PLACES
    for what, target in targets.items():
        sys.stdout.write(f"{target}: {WRITERS[what](target)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
