"""Deployment Wizard: what an app needs to run on AWS, Google Cloud, Azure and Vercel, checked and priced.

Owns the files for each provider, the notes on risk and cost, and the plan to roll out and back. It never
deploys, asks no network and runs nothing of the app.
"""

from studio_magics.tools.dev.deployment.tool import TOOL

__all__ = ["TOOL"]
