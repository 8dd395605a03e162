"""Runs the tool on a pipeline in YAML, with tables beside it."""

import pytest
from fakes.tool_context import KeptContext

from studio_magics.tools.data.pipelines import TOOL

ORDERS = (
    "id,customer_id,amount,status\n"
    "1,1,20,paid\n2,2,7,open\n3,1,12,paid\n4,3,30,paid\n5,9,5,paid\n6,2,1,paid\n"
)
CUSTOMERS = "id,name\n1,Ada\n2,Bo\n3,Cy\n4,Di\n"


@pytest.fixture
def context(tmp_path):
    return KeptContext(tmp_path)


@pytest.fixture
def attempt(context):
    """Run steps, given as name to SQL or as YAML, over orders and customers."""

    def run(steps="", *, files=None, **options):
        if isinstance(steps, dict):
            lines = "".join(f"  - name: {name}\n    sql: |-\n      {sql}\n" for name, sql in steps.items())
            steps = f"steps:\n{lines}"
        contents = {"orders.csv": ORDERS, "customers.csv": CUSTOMERS} if files is None else files
        data = context.put_folder(contents) if contents else None
        inputs = TOOL.input_model.model_validate({"data": data, "pipeline": steps, **options})
        return TOOL.run(inputs, context)

    return run


@pytest.fixture
def found():
    """The findings with this code."""

    def find(result, code):
        return [one for one in result.findings if one.code == code]

    return find
