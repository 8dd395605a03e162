"""Wires the API Designer: input, forecast, run and result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Example, ExampleFile, Tool
from studio_magics.tools.dev.api_designer.costs import forecast
from studio_magics.tools.dev.api_designer.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.api_designer.inputs import ApiInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

EXAMPLE = """%%studio run api-designer
api: Bookshop
version: 1.0.0
server: https://api.bookshop.example/v1
security: bearer
resources:
  author:
    description: A person who writes books
    fields:
      name: string required max 120
      born: date
  book:
    description: A book that can be ordered
    fields:
      title: string required max 200 - as printed on the cover
      author_id: ref author required
      price: money required - in euros
      status: enum draft published sold_out required
      pages: integer min 1 max 5000
    filters: [author_id, status]
    public: [list, read]
  review:
    below: book
    fields:
      stars: integer required min 1 max 5
      words: text
    operations: [list, create, delete]
"""
OLDER = b"""openapi: 3.0.3
info: {title: Notes, version: 1.0.0}
paths:
  /notes:
    get:
      operationId: listNotes
      parameters:
        - {name: limit, in: query, schema: {type: integer, maximum: 100}}
      responses:
        '200':
          description: Notes
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Note'}}
components:
  schemas:
    Note:
      type: object
      required: [id]
      properties:
        id: {type: string}
        words: {type: string, nullable: true}
"""
NEWER = OLDER.replace(b"maximum: 100", b"maximum: 50").replace(b"1.0.0", b"2.0.0")
EXAMPLES = (
    Example("a document", {"document": ExampleFile("notes.yaml", OLDER)}),
    Example(
        "two versions",
        {"document": ExampleFile("notes.yaml", NEWER), "previous": ExampleFile("older.yaml", OLDER)},
    ),
    Example("a short description", {"description": EXAMPLE.split("\n", 1)[1]}),
)


def _run(inputs: ApiInput, context: RunContext) -> ToolResult:
    """Design, check, compare, document; imports what it needs when it is asked to."""
    from studio_magics.tools.dev.api_designer.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="API Designer",
    places=frozenset({"kernel", "server"}),
    input_model=ApiInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Turns a short description of resources into an OpenAPI 3.1 document (paging, problem details, safe "
        "repetition, sign-in), or takes an OpenAPI 3.0 or 3.1 document as it is. Checks it against the "
        "specification and 22 rules of design, compares it with an older version and names what breaks its "
        "users, and makes examples that fit their schemas. Returns openapi.json and .yaml, a reference "
        "(HTML, Markdown), mock.json, diff.json and a map of operations. Follows no reference out of it."
    ),
    cell_field="description",
    libraries=LIBRARIES,
    examples=EXAMPLES,
)
