"""Wires the Deployment Wizard: input, forecast, run and result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Example, Tool
from studio_magics.tools.dev.deployment.costs import forecast
from studio_magics.tools.dev.deployment.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.deployment.inputs import DeploymentInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

EXAMPLE = """%%studio run deployment
name: shop-api
language: python
version: "3.12"
start: gunicorn shop.wsgi --bind 0.0.0.0:8080
port: 8080
health: /healthz
cpu: 0.5
memory_mb: 1024
instances: {min: 1, max: 4}
environment: {LOG_LEVEL: info}
secrets: [DATABASE_URL]
domain: shop.example.com
migrate: python manage.py migrate
traffic: {requests_per_day: 50000, milliseconds: 120}
targets: {aws: eu-west-1, gcp: europe-west1, azure: westeurope}
"""
STATIC = """name: handbook
language: static
build: npm run build
output: dist
targets: {vercel: fra1}
"""


def _run(inputs: DeploymentInput, context: RunContext) -> ToolResult:
    """Write, check, price and plan; imports what it needs when it is asked to."""
    from studio_magics.tools.dev.deployment.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Deployment Wizard",
    places=frozenset({"server"}),
    input_model=DeploymentInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Writes what an app needs to be deployed: a Dockerfile and Compose file, CloudFormation for AWS "
        "(Fargate "
        "behind a load balancer), Cloud Run and Cloud Build for Google Cloud, an ARM template for Azure "
        "Container "
        "Apps, and vercel.json. The app is described in a few lines, or read from its repository. "
        "CloudFormation is "
        "checked by cfn-lint, Compose and Cloud Build by their published schemas, the others for their "
        "form. Returns "
        "what may go wrong, what a month costs by list price, a plan to roll out and back, and a picture of "
        "each "
        "target. It never deploys."
    ),
    cell_field="app",
    libraries=LIBRARIES,
    examples=(
        Example("three clouds", {"app": EXAMPLE.split("\n", 1)[1]}),
        Example("a static site", {"app": STATIC}),
    ),
)
