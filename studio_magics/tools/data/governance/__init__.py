"""The Data Governance Framework: policies as code, held against the catalogue and who has access to what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Tool
from studio_magics.tools.data.governance.forecast import forecast
from studio_magics.tools.data.governance.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.governance.inputs import GovernanceInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

__all__ = ["TOOL", "GovernanceInput"]

EXAMPLE = """\
%%studio run governance
name: Shop
datasets:
  customers: {owner: ada, steward: bo, class: restricted, retention_days: 3650, encrypted: false}
  orders: {owner: ada, steward: bo, class: confidential, retention_days: 730, encrypted: true}
  prices: {class: public}
roles:
  analyst: {clearance: confidential}
  support: {clearance: internal}
people: {ada: [analyst], bo: [analyst], cy: [support]}
access:
  - {who: analyst, dataset: customers, actions: [read]}
  - {who: analyst, dataset: orders, actions: [read]}
  - {who: cy, dataset: prices, actions: [read, write]}
rules:
  max_retention_days: {restricted: 1095}
  encrypt: [restricted, confidential]
raci:
  - {activity: approve access, responsible: [bo], accountable: [ada]}
  - {activity: delete old rows, responsible: [bo]}"""


def _run(inputs: GovernanceInput, context: RunContext) -> ToolResult:
    """Check the policies; imports what it needs when it is asked to."""
    from studio_magics.tools.data.governance.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title=TITLE,
    places=frozenset({"server"}),
    input_model=GovernanceInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Takes policies as code (rules in YAML in the cell body, access policies in Cedar) and holds them "
        "against the catalogue of data and the list of who has access to what. Every grant is decided by the "
        "policies; grants they do not allow, policies that contradict each other, missing owners, data kept "
        "too long, unencrypted, in the wrong place, of poor quality or not reviewed are violations, each "
        "with the line of its rule. Checks responsibilities (RACI), compares with the run before, and "
        "returns a matrix of access by class, a Cedar policy bundle with its schema, Open Data Contracts and "
        "a report."
    ),
    cell_field="policies",
    libraries=LIBRARIES,
)
