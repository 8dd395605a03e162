"""The forecast against what fresh processes used."""

from pathlib import Path

import pytest

from studio_magics.tools.dev.api_designer import TOOL
from studio_magics.tools.dev.api_designer.inputs import ApiInput
from tests.tools.dev.folder_context import assert_forecast_is_near

OWN_DOCUMENT = Path(__file__).parents[4] / "docs" / "openapi.json"


@pytest.mark.measures_time
@pytest.mark.parametrize("kind", ["short", "document", "compared"])
def test_the_forecast_is_near_what_a_metered_run_uses(context, kind):
    document = context.keep("openapi.json", OWN_DOCUMENT.read_bytes())
    inputs = {
        "short": lambda: ApiInput(description=TOOL.example.split("\n", 1)[1]),
        "document": lambda: ApiInput(document=document),
        "compared": lambda: ApiInput(document=document, previous=document),
    }[kind]()
    assert_forecast_is_near("studio_magics.tools.dev.api_designer", inputs, context)
