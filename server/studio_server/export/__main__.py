"""Command line: `python -m studio_server.export typescript FILE | schemas FOLDER`."""

import argparse
import sys
from pathlib import Path

from studio_server.export.schemas import write_schemas
from studio_server.export.typescript import typescript


def main(arguments: list[str]) -> int:
    """Write what was asked for and say what was written; nothing else is touched."""
    parser = argparse.ArgumentParser(prog="python -m studio_server.export", description=__doc__)
    parser.add_argument("what", choices=("typescript", "schemas"))
    parser.add_argument("target", type=Path, help="a file for typescript, a folder for schemas")
    asked = parser.parse_args(arguments)
    if asked.what == "typescript":
        text = typescript()
        asked.target.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{asked.target}: {text.count(chr(10))} lines\n")
    else:
        sys.stdout.write(f"{asked.target}: {write_schemas(asked.target)} schemas\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
