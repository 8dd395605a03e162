"""Cloud Run for Google Cloud: the service, and the build that sends it out without traffic first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.deployment.sizes import cloud_run_size

if TYPE_CHECKING:
    from studio_magics.tools.dev.deployment.app import App

TIMEOUT_SECONDS = 300
BUILD_SECONDS = "1200s"


def secret_id(app: App, name: str) -> str:
    """The name of a secret in Secret Manager and Key Vault: small letters and hyphens."""
    return f"{app.name}-{name.lower().replace('_', '-')}"


def service(app: App) -> dict[str, Any]:
    """The service as `gcloud run services replace` takes it."""
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": app.name, "annotations": {"run.googleapis.com/ingress": "all"}},
        "spec": {
            "template": {
                "metadata": {
                    "annotations": {
                        "autoscaling.knative.dev/minScale": str(app.least),
                        "autoscaling.knative.dev/maxScale": str(app.most),
                        "run.googleapis.com/startup-cpu-boost": "true",
                    }
                },
                "spec": {
                    "serviceAccountName": f"{app.name}-run@PROJECT_ID.iam.gserviceaccount.com",
                    "containerConcurrency": app.traffic.concurrency,
                    "timeoutSeconds": TIMEOUT_SECONDS,
                    "containers": [_container(app)],
                },
            },
            "traffic": [{"latestRevision": True, "percent": 100}],
        },
    }


def _container(app: App) -> dict[str, Any]:
    cpu, memory = cloud_run_size(app.cpu, app.memory_mb)
    probe = {"httpGet": {"path": app.probe, "port": app.port}}
    variables: list[dict[str, Any]] = [
        {"name": key, "value": value} for key, value in app.environment.items()
    ]
    variables += [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": secret_id(app, name), "key": "latest"}}}
        for name in app.secrets
    ]
    found: dict[str, Any] = {
        "image": "IMAGE_WITH_DIGEST",
        "ports": [{"name": "http1", "containerPort": app.port}],
        "resources": {"limits": {"cpu": str(cpu), "memory": f"{memory}Mi"}},
        "startupProbe": {**probe, "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 12},
        "livenessProbe": {**probe, "periodSeconds": 30, "timeoutSeconds": 3, "failureThreshold": 3},
    }
    return {**found, "env": variables} if variables else found


def cloud_build(app: App) -> dict[str, Any]:
    """Builds the image, and sends out a revision that takes no traffic yet."""
    image = f"$_REGION-docker.pkg.dev/$PROJECT_ID/apps/{app.name}:$SHORT_SHA"
    deploy = [
        "run",
        "deploy",
        app.name,
        f"--image={image}",
        "--region=$_REGION",
        "--no-traffic",
        "--tag=next",
        "--quiet",
    ]
    return {
        "steps": [
            {"id": "build", "name": "gcr.io/cloud-builders/docker", "args": ["build", "--tag", image, "."]},
            {"id": "push", "name": "gcr.io/cloud-builders/docker", "args": ["push", image]},
            {
                "id": "send out without traffic",
                "name": "gcr.io/google.com/cloudsdktool/cloud-sdk:slim",
                "entrypoint": "gcloud",
                "args": deploy,
            },
        ],
        "images": [image],
        "substitutions": {"_REGION": app.targets["gcp"]},
        "timeout": BUILD_SECONDS,
        "options": {"logging": "CLOUD_LOGGING_ONLY"},
    }
