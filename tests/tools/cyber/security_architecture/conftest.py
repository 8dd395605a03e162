"""Designs small enough to work out by hand."""

import json

import pytest

from studio_magics.tools.cyber.security_architecture import TOOL


@pytest.fixture
def search(context):
    """Run the tool on a design with options."""

    def call(design, **options):
        return TOOL.run(TOOL.input_model(design=design, **options), context)

    return call


@pytest.fixture
def written(context):
    """A JSON file of the last run."""
    return lambda name: json.loads(context.artefacts[name])
