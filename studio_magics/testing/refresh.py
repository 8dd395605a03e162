"""Executes notebooks on a deterministic server each and stores their outputs, for later comparison by nbval.

python -m studio_magics.testing.refresh notebooks/*.ipynb
"""

# nbformat and nbclient come without types:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio_magics.testing.server import isolated_server, kernel_environment

CELL_SECONDS = 120


def refresh(path: Path) -> None:
    """Execute the notebook in its own folder and write it back, without times and machine facts.

    Raises:
        CellExecutionError: A cell failed that is not tagged `raises-exception`; the file is left as it was.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook: Any = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    with isolated_server() as server, kernel_environment(server):
        NotebookClient(notebook, timeout=CELL_SECONDS, resources=resources).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def main(paths: Sequence[str]) -> int:
    """Refresh each notebook; 2 when none was named."""
    if not paths:
        print(__doc__, file=sys.stderr)  # noqa: T201  - a command talks to its terminal
        return 2
    for path in paths:
        refresh(Path(path))
        print(f"✔ {path}")  # noqa: T201  - a command talks to its terminal
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
