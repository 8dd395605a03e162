"""Each file against the checker of its format: cfn-lint, published schemas, or our own description."""

# cfn-lint is typed in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.cicd.checks import form_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.dev.deployment.app import App

MAX_FAULTS = 20
OWN = "own description of the form"


@dataclass(frozen=True)
class Check:
    """What one checker said of one file."""

    file: str
    checker: str
    is_published: bool
    """Whether the checker is the format's own, not ours."""
    faults: tuple[str, ...]


def check_files(app: App, values: dict[str, Any]) -> Iterator[Check]:
    """Check every file that has a checker; `values` are what the files say."""
    for name, value in values.items():
        if name == "aws/template.yaml":
            yield Check(name, "cfn-lint", True, tuple(cloudformation_faults(value, app.targets["aws"])))
        elif name in {"compose.yaml", "gcp/cloudbuild.yaml"}:
            schema = "compose-spec" if name == "compose.yaml" else "cloudbuild"
            faults = [f"{where}: {said[:200]}" for where, said in form_faults(value, schema)]
            yield Check(name, f"schema {schema}", True, tuple(faults[:MAX_FAULTS]))
        else:
            yield Check(name, OWN, False, tuple(own_faults(name, value)))


def cloudformation_faults(value: dict[str, Any], region: str) -> list[str]:
    """What cfn-lint says of a template for this region, errors and warnings."""
    api: Any = import_module("cfnlint.api")
    matches = api.lint(json.dumps(value), config=api.ManualArgs(regions=[region]))
    return [
        f"{one.rule.id} {'.'.join(map(str, one.path or ()))}: {one.message}"[:240]
        for one in matches[:MAX_FAULTS]
    ]


def own_faults(name: str, value: dict[str, Any]) -> list[str]:
    """What our description of the form says."""
    import jsonschema_rs

    from studio_magics.tools.dev.deployment import forms

    form = {
        "gcp/service.yaml": forms.CLOUD_RUN,
        "azure/template.json": forms.ARM,
        "vercel.json": forms.VERCEL,
    }[name]
    errors = jsonschema_rs.Draft202012Validator(form).iter_errors(value)
    return [f"{'.'.join(map(str, one.instance_path))}: {one.message}"[:240] for one in errors][:MAX_FAULTS]
