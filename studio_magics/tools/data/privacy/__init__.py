"""Privacy Impact Assessment: personal data in tables and texts, the risk of re-identification, a DPIA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Tool
from studio_magics.tools.data.privacy.forecast import forecast
from studio_magics.tools.data.privacy.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.privacy.inputs import PrivacyInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

__all__ = ["TOOL", "PrivacyInput"]

EXAMPLE = """\
import pandas as pd
people = pd.DataFrame({"email": [f"person{n}@example.org" for n in range(40)],
                       "birth_year": [1950 + n % 20 for n in range(40)],
                       "postcode": [f"SW{n % 4}A 1AA" for n in range(40)],
                       "diagnosis": ["asthma", "none"] * 20})
%studio run privacy --data people"""


def _run(inputs: PrivacyInput, context: RunContext) -> ToolResult:
    """Assess the data; imports what it needs when it is asked to."""
    from studio_magics.tools.data.privacy.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title=TITLE,
    places=frozenset({"server"}),
    input_model=PrivacyInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Finds personal data in tables (CSV, TSV, Parquet) and texts: patterns are counted over all rows and "
        "held against their checksums, names of columns against a dictionary, free text is searched. Columns "
        "are classified by kind with the articles of the GDPR and the categories of the CCPA. Measures how "
        "easily rows are told apart (k-anonymity, l-diversity) and what coarser values would change. With "
        "purposes, legal basis, retention, recipients and measures in the cell body it writes the record of "
        "processing (Article 30) and a DPIA (Article 35) with residual risks. No value is ever shown in "
        "clear. Not legal advice."
    ),
    cell_field="processing",
    libraries=LIBRARIES,
)
