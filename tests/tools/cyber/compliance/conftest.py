"""Audits of statements with files, and the controls they wrote."""

import csv
import io

import pytest

from studio_magics.contracts.inputs import InputFolder
from studio_magics.tools.cyber.compliance import TOOL


@pytest.fixture
def audit(context):
    """Run the tool on a statement with options; files by name become a folder."""

    def call(statement, given=None, **options):
        if given:
            kept = tuple(context.keep(name, content) for name, content in given.items())
            options["files"] = InputFolder(name="evidence", files=kept)
        return TOOL.run(TOOL.input_model(statement=statement, **options), context)

    return call


@pytest.fixture
def controls(context):
    """The rows of controls.csv by identifier."""

    def read():
        text = context.artefacts["controls.csv"].decode()
        return {row["control"]: row for row in csv.DictReader(io.StringIO(text))}

    return read
