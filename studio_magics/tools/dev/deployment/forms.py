"""The form of files for which no package brings a checker, in our own words, from the providers' documents.

They hold what these documents say must and may be there for the parts that are written here; they do not know
whether a provider will take it.
"""

from __future__ import annotations

from typing import Any

NAME = {"type": "string", "pattern": "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"}
PORT = {"type": "integer", "minimum": 1, "maximum": 65_535}
TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 1}


def closed(required: str, **properties: Any) -> dict[str, Any]:
    """An object of these keys and no others; `required` are words."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], least: int = 1) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


_PROBE = {
    "httpGet": closed("path port", path={"type": "string", "pattern": "^/"}, port=PORT),
    "periodSeconds": {"type": "integer", "minimum": 1, "maximum": 240},
    "timeoutSeconds": {"type": "integer", "minimum": 1, "maximum": 240},
    "failureThreshold": COUNT,
}
_SECRET_KEY = closed("name key", name={"type": "string", "maxLength": 255}, key=TEXT)
_CONTAINER = closed(
    "image ports resources",
    image=TEXT,
    ports={
        **_list(closed("containerPort", name={"enum": ["http1", "h2c"]}, containerPort=PORT)),
        "maxItems": 1,
    },
    resources=closed(
        "limits",
        limits=closed(
            "cpu memory", cpu={"enum": ["1", "2", "4", "6", "8"]}, memory={"pattern": r"^\d+(Mi|Gi)$"}
        ),
    ),
    startupProbe=closed("httpGet", **_PROBE),
    livenessProbe=closed("httpGet", **_PROBE),
    env=_list(
        closed("name", name=TEXT, value=TEXT, valueFrom=closed("secretKeyRef", secretKeyRef=_SECRET_KEY))
    ),
)
_REVISION = closed(
    "containers",
    serviceAccountName=TEXT,
    containerConcurrency={"type": "integer", "minimum": 1, "maximum": 1_000},
    timeoutSeconds={"type": "integer", "minimum": 1, "maximum": 3_600},
    containers=_list(_CONTAINER),
)
_NOTES = {"type": "object", "additionalProperties": TEXT}
CLOUD_RUN = closed(
    "apiVersion kind metadata spec",
    apiVersion={"const": "serving.knative.dev/v1"},
    kind={"const": "Service"},
    metadata=closed("name", name=NAME, annotations=_NOTES),
    spec=closed(
        "template",
        template=closed("spec", metadata=closed("annotations", annotations=_NOTES), spec=_REVISION),
        traffic=_list(
            closed("percent", latestRevision={"type": "boolean"}, percent={"minimum": 0, "maximum": 100})
        ),
    ),
)

_ARM_PROBE = closed("type httpGet", type={"enum": ["Startup", "Readiness", "Liveness"]}, **_PROBE)
_ARM_CONTAINER = closed(
    "name image resources",
    name=NAME,
    image=TEXT,
    resources=closed(
        "cpu memory", cpu={"type": ["string", "number"]}, memory={"pattern": r"^\d+(\.\d+)?Gi$"}
    ),
    env=_list(closed("name", name=TEXT, value=TEXT, secretRef=TEXT)),
    probes=_list(_ARM_PROBE),
)
_SECRET = {"type": "string", "maxLength": 253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"}
CONTAINER_APP = closed(
    "managedEnvironmentId configuration template",
    managedEnvironmentId=TEXT,
    configuration=closed(
        "ingress",
        activeRevisionsMode={"enum": ["Single", "Multiple"]},
        ingress=closed(
            "targetPort",
            external={"type": "boolean"},
            targetPort=PORT,
            transport={"enum": ["auto", "http", "http2", "tcp"]},
            allowInsecure={"type": "boolean"},
            traffic=_list(closed("weight", latestRevision={"type": "boolean"}, weight={"maximum": 100})),
        ),
        secrets=_list(closed("name keyVaultUrl identity", name=_SECRET, keyVaultUrl=TEXT, identity=TEXT)),
    ),
    template=closed(
        "containers scale",
        containers=_list(_ARM_CONTAINER),
        scale=closed(
            "minReplicas maxReplicas",
            minReplicas={"type": "integer", "minimum": 0, "maximum": 1_000},
            maxReplicas={"type": "integer", "minimum": 1, "maximum": 1_000},
            rules=_list(closed("name http", name=NAME, http={"type": "object"})),
        ),
    ),
)
_ARM_RESOURCE = {
    "type": "object",
    "required": ["type", "apiVersion", "name"],
    "properties": {
        "type": {"pattern": r"^Microsoft\.\w+(/\w+)+$"},
        "apiVersion": {"pattern": r"^\d{4}-\d{2}-\d{2}(-preview)?$"},
        "name": {"type": "string", "maxLength": 260},
    },
    "if": {"properties": {"type": {"const": "Microsoft.App/containerApps"}}},
    "then": {
        "required": ["location", "properties", "identity"],
        "properties": {"name": {**NAME, "maxLength": 32}, "properties": CONTAINER_APP},
    },
}
ARM = closed(
    "$schema contentVersion resources",
    contentVersion={"pattern": r"^\d+\.\d+\.\d+\.\d+$"},
    parameters={"type": "object"},
    resources=_list(_ARM_RESOURCE),
    outputs={"type": "object"},
    **{"$schema": TEXT},
)
VERCEL = closed(
    "$schema headers",
    buildCommand={"type": "string", "minLength": 1, "maxLength": 256},
    framework={"type": ["string", "null"]},
    outputDirectory={"type": "string", "maxLength": 256},
    cleanUrls={"type": "boolean"},
    regions=_list({"pattern": "^[a-z]{3}1$"}),
    functions={
        "type": "object",
        "additionalProperties": closed(
            "maxDuration", maxDuration={"type": "integer", "minimum": 1, "maximum": 800}
        ),
    },
    rewrites=_list(
        closed("source destination", source=TEXT, destination={"type": "string", "pattern": "^/"})
    ),
    headers=_list(
        closed("source headers", source=TEXT, headers=_list(closed("key value", key=TEXT, value=TEXT)))
    ),
    **{"$schema": TEXT},
)
