"""An ARM template for Azure Container Apps: the app, its environment, its logs, its own identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.deployment.gcp import secret_id
from studio_magics.tools.dev.deployment.sizes import azure_size

if TYPE_CHECKING:
    from studio_magics.tools.dev.deployment.app import App

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
LOG_DAYS = 30


def template(app: App) -> dict[str, Any]:
    """The whole template for one resource group; image and vault are parameters."""
    parameters: dict[str, Any] = {
        "location": {"type": "string", "defaultValue": app.targets["azure"]},
        "image": {"type": "string", "metadata": {"description": "Image with digest, registry/name@sha256:…"}},
    }
    if app.secrets:
        parameters["vaultUri"] = {
            "type": "string",
            "metadata": {
                "description": "https://NAME.vault.azure.net/ ; the identity must be able to read it"
            },
        }
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "resources": [_identity(app), _logs(app), _environment(app), _app(app)],
        "outputs": {
            "address": {"type": "string", "value": f"[reference('{app.name}').configuration.ingress.fqdn]"}
        },
    }


def _resource(
    kind: str, api: str, name: str, properties: dict[str, Any] | None, **more: Any
) -> dict[str, Any]:
    found = {"type": kind, "apiVersion": api, "name": name, "location": "[parameters('location')]", **more}
    return found if properties is None else {**found, "properties": properties}


def _id(kind: str, name: str) -> str:
    return f"[resourceId('{kind}', '{name}')]"


def _identity(app: App) -> dict[str, Any]:
    return _resource("Microsoft.ManagedIdentity/userAssignedIdentities", "2023-01-31", f"{app.name}-id", None)


def _logs(app: App) -> dict[str, Any]:
    properties = {"sku": {"name": "PerGB2018"}, "retentionInDays": LOG_DAYS}
    return _resource("Microsoft.OperationalInsights/workspaces", "2022-10-01", f"{app.name}-logs", properties)


def _environment(app: App) -> dict[str, Any]:
    workspace = f"resourceId('Microsoft.OperationalInsights/workspaces', '{app.name}-logs')"
    properties = {
        "appLogsConfiguration": {
            "destination": "log-analytics",
            "logAnalyticsConfiguration": {
                "customerId": f"[reference({workspace}, '2022-10-01').customerId]",
                "sharedKey": f"[listKeys({workspace}, '2022-10-01').primarySharedKey]",
            },
        }
    }
    return _resource(
        "Microsoft.App/managedEnvironments",
        "2024-03-01",
        f"{app.name}-env",
        properties,
        dependsOn=[f"[{workspace}]"],
    )


def _app(app: App) -> dict[str, Any]:
    identity = f"resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', '{app.name}-id')"
    environment = _id("Microsoft.App/managedEnvironments", f"{app.name}-env")
    configuration: dict[str, Any] = {
        "activeRevisionsMode": "Multiple",
        "ingress": {
            "external": True,
            "targetPort": app.port,
            "transport": "auto",
            "allowInsecure": False,
            "traffic": [{"latestRevision": True, "weight": 100}],
        },
    }
    if app.secrets:
        configuration["secrets"] = [
            {
                "name": secret_id(app, name),
                "keyVaultUrl": f"[concat(parameters('vaultUri'), 'secrets/{secret_id(app, name)}')]",
                "identity": f"[{identity}]",
            }
            for name in app.secrets
        ]
    return _resource(
        "Microsoft.App/containerApps",
        "2024-03-01",
        app.name,
        {
            "managedEnvironmentId": environment,
            "configuration": configuration,
            "template": {"containers": [_container(app)], "scale": _scale(app)},
        },
        identity={"type": "UserAssigned", "userAssignedIdentities": {f"[{identity}]": {}}},
        dependsOn=[environment, f"[{identity}]"],
    )


def _container(app: App) -> dict[str, Any]:
    cpu, memory = azure_size(app.cpu, app.memory_mb)
    request = {"httpGet": {"path": app.probe, "port": app.port}}
    variables = {"PORT": str(app.port), **app.environment}
    return {
        "name": "app",
        "image": "[parameters('image')]",
        "resources": {"cpu": f"[json('{cpu:g}')]", "memory": f"{memory:g}Gi"},
        "env": [
            *({"name": key, "value": _literal(value)} for key, value in variables.items()),
            *({"name": name, "secretRef": secret_id(app, name)} for name in app.secrets),
        ],
        "probes": [
            {"type": "Startup", **request, "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 10},
            {"type": "Readiness", **request, "periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 3},
            {"type": "Liveness", **request, "periodSeconds": 30, "timeoutSeconds": 3, "failureThreshold": 3},
        ],
    }


def _literal(value: str) -> str:
    """ARM takes text in brackets for an expression; a doubled bracket is the sign itself."""
    return f"[{value}" if value.startswith("[") else value


def _scale(app: App) -> dict[str, Any]:
    rule = {"name": "by-requests", "http": {"metadata": {"concurrentRequests": str(app.traffic.concurrency)}}}
    return {"minReplicas": app.least, "maxReplicas": app.most, "rules": [rule]}
