"""The Dockerfile and the Compose file of an app: no root, no cache, a check whether it is well."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio_magics.tools.dev.deployment.app import App

USER = 10_001
IGNORED = (
    ".git",
    ".github",
    ".env",
    ".env.*",
    "**/__pycache__",
    "**/*.pyc",
    ".venv",
    "node_modules",
    "dist",
    "*.pem",
    "*.key",
    "Dockerfile",
    "compose.yaml",
    "aws",
    "gcp",
    "azure",
)
PYTHON_INSTALL = {
    "uv.lock": (
        "COPY . .",
        "RUN pip install --no-cache-dir uv && UV_PROJECT_ENVIRONMENT=/venv uv sync --locked --no-dev",
    ),
    "requirements.txt": (
        "COPY requirements.txt .",
        "RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt",
        "COPY . .",
    ),
    "": ("COPY . .", "RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir ."),
}
NODE_INSTALL = {
    "pnpm-lock.yaml": (
        "COPY package.json pnpm-lock.yaml ./",
        "RUN corepack enable && pnpm install --frozen-lockfile",
    ),
    "yarn.lock": ("COPY package.json yarn.lock ./", "RUN corepack enable && yarn install --immutable"),
    "": ("COPY package.json package-lock.json ./", "RUN npm ci"),
}


def dockerfile(app: App) -> str:
    """The text, for every language but 'container'."""
    made = {"python": _python, "node": _node, "go": _go, "static": _static}[app.language](app)
    return "\n".join(("# syntax=docker/dockerfile:1", *made)) + "\n"


def _python(app: App) -> list[str]:
    image = f"python:{app.version}-slim"
    build = [f"RUN {app.build}"] if app.build else []
    probe = _probe(
        "python",
        f"import urllib.request as r; r.urlopen('http://127.0.0.1:{app.port}{app.probe}', timeout=2)",
    )
    return [
        f"FROM {image} AS build",
        "WORKDIR /app",
        *PYTHON_INSTALL.get(app.lockfile, PYTHON_INSTALL[""]),
        *build,
        "",
        f"FROM {image}",
        f"RUN useradd --uid {USER} --create-home --shell /usr/sbin/nologin app",
        "WORKDIR /app",
        f"COPY --from=build --chown={USER}:{USER} /app /app",
        "COPY --from=build /venv /venv",
        f'ENV PATH="/venv/bin:$PATH" PYTHONUNBUFFERED=1 PORT={app.port}',
        *_end(app, probe),
    ]


def _node(app: App) -> list[str]:
    image = f"node:{app.version}-slim"
    build = [f"RUN {app.build}"] if app.build else []
    fetch = (
        f"fetch('http://127.0.0.1:{app.port}{app.probe}').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"
    )
    return [
        f"FROM {image} AS build",
        "WORKDIR /app",
        *NODE_INSTALL.get(app.lockfile, NODE_INSTALL[""]),
        "COPY . .",
        *build,
        "",
        f"FROM {image}",
        "WORKDIR /app",
        f"COPY --from=build --chown={USER}:{USER} /app /app",
        f"ENV NODE_ENV=production PORT={app.port}",
        *_end(app, json.dumps(["node", "-e", fetch])),
    ]


def _go(app: App) -> list[str]:
    command = app.build or "CGO_ENABLED=0 go build -trimpath -o /out/app ."
    start = json.dumps(shlex.split(app.start))
    return [
        f"FROM golang:{app.version} AS build",
        "WORKDIR /src",
        "COPY go.mod go.sum ./",
        "RUN go mod download",
        "COPY . .",
        f"RUN {command}",
        "",
        "FROM gcr.io/distroless/static-debian12:nonroot",
        "COPY --from=build /out/ /usr/local/bin/",
        f"ENV PORT={app.port}",
        f"EXPOSE {app.port}",
        f"USER {USER}",
        f"ENTRYPOINT {start}",
    ]


def _static(app: App) -> list[str]:
    output = app.output or "."
    if not app.build:
        return [*_nginx(app), f"COPY {output} /usr/share/nginx/html"]
    return [
        "FROM node:22-slim AS build",
        "WORKDIR /app",
        "COPY package.json package-lock.json ./",
        "RUN npm ci",
        "COPY . .",
        f"RUN {app.build}",
        "",
        *_nginx(app),
        f"COPY --from=build /app/{output} /usr/share/nginx/html",
    ]


def _nginx(app: App) -> list[str]:
    return ["FROM nginxinc/nginx-unprivileged:1.28-alpine", f"EXPOSE {app.port}", f"USER {USER}"]


def _probe(program: str, code: str) -> str:
    return json.dumps([program, "-c", code])


def _end(app: App, probe: str) -> list[str]:
    start = json.dumps(["sh", "-c", f"exec {app.start}"])
    return [
        f"EXPOSE {app.port}",
        f"USER {USER}",
        f"HEALTHCHECK --interval=30s --timeout=3s --start-period=20s CMD {probe}",
        f"CMD {start}",
    ]


def dockerignore() -> str:
    """What must not get into the image: secrets, history, what is built inside."""
    return "\n".join(IGNORED) + "\n"


def compose(app: App) -> dict[str, Any]:
    """The app on one's own machine, closed down as the providers run it; secrets come from the shell."""
    environment: dict[str, Any] = {
        "PORT": str(app.port),
        **{key: _literal(value) for key, value in app.environment.items()},
    }
    environment |= {name: f"${{{name}:?set {name} in your shell}}" for name in app.secrets}
    source = {"image": app.image} if app.language == "container" and app.image else {"build": "."}
    return {
        "name": app.name,
        "services": {
            "app": {
                **source,
                "init": True,
                "read_only": not app.keeps_files,
                "tmpfs": ["/tmp"],  # noqa: S108  - a mount inside of the container
                "cap_drop": ["ALL"],
                "security_opt": ["no-new-privileges:true"],
                "mem_limit": f"{app.memory_mb}m",
                "cpus": app.cpu,
                "ports": [f"127.0.0.1:{app.port}:{app.port}"],
                "environment": environment,
                "restart": "unless-stopped",
            }
        },
    }


def _literal(value: str) -> str:
    return value.replace("$", "$$")
