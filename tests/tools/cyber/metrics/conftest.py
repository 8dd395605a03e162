"""Dashboards of CSV texts."""

import pytest

from studio_magics.tools.cyber.metrics import TOOL


@pytest.fixture
def show(context):
    """Run the tool on CSV texts with options."""

    def call(incidents=None, patches=None, coverage=None, **options):
        for name, text in (("incidents", incidents), ("patches", patches), ("coverage", coverage)):
            if text is not None:
                options[name] = context.keep(f"{name}.csv", text)
        return TOOL.run(TOOL.input_model(**options), context)

    return call
