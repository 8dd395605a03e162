"""Policies from small facts."""

import json

import pytest

from studio_magics.tools.cyber.policy_generator import TOOL


@pytest.fixture
def write(context):
    """Run the tool on facts with options."""

    def call(facts, **options):
        return TOOL.run(TOOL.input_model(facts=facts, **options), context)

    return call


@pytest.fixture
def written(context):
    """A JSON file of the last run."""
    return lambda name: json.loads(context.artefacts[name])
