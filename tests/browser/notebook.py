"""Notebooks for the browser, written before JupyterLab opens them."""

import json
from pathlib import Path

KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook; a cell that starts with `#` and a space is text."""
    content = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": KERNEL},
        "cells": [_cell(number, source) for number, source in enumerate(cells)],
    }
    path.write_text(json.dumps(content), encoding="utf-8")


def _cell(number: int, source: str) -> dict[str, object]:
    cell = {"id": f"cell-{number}", "metadata": {}, "source": source}
    if source.startswith("# "):
        return {**cell, "cell_type": "markdown"}
    return {**cell, "cell_type": "code", "execution_count": None, "outputs": []}
