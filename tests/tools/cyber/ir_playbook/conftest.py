"""Runs the tool on small playbooks."""

import pytest

from studio_magics.tools.cyber.ir_playbook import TOOL


@pytest.fixture
def build(context):
    """Run the tool on a playbook with options."""

    def call(playbook="", **options):
        return TOOL.run(
            TOOL.input_model(playbook=playbook, rehearsals=options.pop("rehearsals", 100), **options), context
        )

    return call
