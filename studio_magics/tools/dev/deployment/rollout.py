"""The plan: what to create, how to check with the provider itself, how to send out, look and go back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studio_magics.tools.dev.deployment.aws import secret_parameter
from studio_magics.tools.dev.deployment.gcp import secret_id
from studio_magics.tools.dev.deployment.risks import TITLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.dev.deployment.app import App

Phase = Literal["prepare", "check", "roll out", "look", "roll back"]
PHASES: tuple[Phase, ...] = ("prepare", "check", "roll out", "look", "roll back")


@dataclass(frozen=True)
class Step:
    """One thing to do by hand; words in capitals are yours to fill in."""

    provider: str
    phase: Phase
    what: str
    command: str = ""


def plan(app: App) -> tuple[Step, ...]:
    """All steps, target by target, in the order they are done."""
    made = {"aws": _aws, "gcp": _gcp, "azure": _azure, "vercel": _vercel}
    return tuple(step for provider in app.targets for step in made[provider](app))


def _image(app: App, provider: str, registry: str) -> Iterator[Step]:
    if app.language == "container" and app.image:
        yield Step(
            provider,
            "prepare",
            "Find the digest of the image",
            f"docker buildx imagetools inspect {app.image}",
        )
        return
    tag = f"{registry}/{app.name}:VERSION"
    yield Step(
        provider,
        "prepare",
        "Build and push the image, note its digest",
        f"docker buildx build --push --tag {tag} .",
    )


def _migration(app: App, provider: str) -> Iterator[Step]:
    if app.migrate:
        yield Step(provider, "roll out", "Change the database first, from the new image, once", app.migrate)


def _look(app: App, provider: str, address: str) -> Iterator[Step]:
    yield Step(provider, "look", "Ask whether it is well", f"curl --fail --max-time 10 {address}{app.probe}")
    yield Step(provider, "look", "Watch errors and the slowest requests for 15 minutes before going on")


def _aws(app: App) -> Iterator[Step]:
    region = app.targets["aws"]
    where = f"--region {region}"
    name = f"--stack-name {app.name} {where}"
    yield from _image(app, "aws", f"ACCOUNT.dkr.ecr.{region}.amazonaws.com")
    values = ["Image=IMAGE_WITH_DIGEST"]
    if app.domain:
        values.append("CertificateArn=ARN")
        request = f"aws acm request-certificate --domain-name {app.domain} --validation-method DNS {where}"
        yield Step("aws", "prepare", "Ask for the certificate and prove the domain", request)
    for secret in app.secrets:
        values.append(f"{secret_parameter(secret)}=ARN")
        named = f"--name {app.name}/{secret}"
        create = f"aws secretsmanager create-secret {named} --secret-string file://VALUE {where}"
        yield Step("aws", "prepare", f"Keep the secret {secret}", create)
    yield Step(
        "aws",
        "check",
        "Let AWS read the template",
        f"aws cloudformation validate-template --template-body file://aws/template.yaml --region {region}",
    )
    yield from _migration(app, "aws")
    deploy = (
        f"aws cloudformation deploy {name} --template-file aws/template.yaml --capabilities CAPABILITY_IAM "
        f"--parameter-overrides {' '.join(values)}"
    )
    yield Step("aws", "check", "See what would change, before it does", f"{deploy} --no-execute-changeset")
    yield Step("aws", "roll out", "Send it out; it goes back by itself when tasks or answers fail", deploy)
    if app.domain:
        yield Step("aws", "roll out", f"Point {app.domain} to the output 'Address' (CNAME or alias)")
    yield from _look(app, "aws", f"https://{app.domain}" if app.domain else "http://ADDRESS")
    yield Step("aws", "roll back", "Deploy again with the digest that ran before", deploy)
    yield Step("aws", "roll back", "While a rollout hangs", f"aws cloudformation cancel-update-stack {name}")


def _gcp(app: App) -> Iterator[Step]:
    region = app.targets["gcp"]
    yield from _image(app, "gcp", f"{region}-docker.pkg.dev/PROJECT_ID/apps")
    account = f"{app.name}-run"
    yield Step(
        "gcp", "prepare", "An account of its own for the app", f"gcloud iam service-accounts create {account}"
    )
    for secret in app.secrets:
        name = secret_id(app, secret)
        yield Step(
            "gcp", "prepare", f"Keep the secret {secret}", f"gcloud secrets create {name} --data-file=VALUE"
        )
        member = f"--member=serviceAccount:{account}@PROJECT_ID.iam.gserviceaccount.com"
        yield Step(
            "gcp",
            "prepare",
            "Let the app read it, and nothing else",
            f"gcloud secrets add-iam-policy-binding {name} {member} "
            "--role=roles/secretmanager.secretAccessor",
        )
    replace = f"gcloud run services replace gcp/service.yaml --region {region}"
    yield Step(
        "gcp", "check", "Fill in PROJECT_ID and IMAGE_WITH_DIGEST, let Google read it", f"{replace} --dry-run"
    )
    yield from _migration(app, "gcp")
    yield Step("gcp", "roll out", "The first time", replace)
    yield Step(
        "gcp",
        "roll out",
        "Later: build and send out without traffic",
        "gcloud builds submit --config gcp/cloudbuild.yaml --substitutions "
        f"_REGION={region},SHORT_SHA=VERSION",
    )
    traffic = f"gcloud run services update-traffic {app.name} --region {region}"
    yield Step(
        "gcp", "roll out", "A tenth of the traffic to the new revision", f"{traffic} --to-tags next=10"
    )
    yield from _look(app, "gcp", "https://ADDRESS")
    yield Step("gcp", "look", "Then all traffic to it", f"{traffic} --to-latest")
    yield Step(
        "gcp", "roll back", "All traffic to the revision before", f"{traffic} --to-revisions REVISION=100"
    )
    if app.domain:
        yield Step(
            "gcp", "roll out", f"Put {app.domain} on a load balancer or a domain mapping (not in these files)"
        )


def _azure(app: App) -> Iterator[Step]:
    region, group = app.targets["azure"], f"{app.name}-group"
    yield from _image(app, "azure", "REGISTRY.azurecr.io")
    yield Step(
        "azure", "prepare", "A group for all of it", f"az group create --name {group} --location {region}"
    )
    values = "image=IMAGE_WITH_DIGEST" + (" vaultUri=https://NAME.vault.azure.net/" if app.secrets else "")
    for secret in app.secrets:
        create = f"az keyvault secret set --vault-name NAME --name {secret_id(app, secret)} --file VALUE"
        yield Step("azure", "prepare", f"Keep the secret {secret}", create)
    if app.secrets:
        yield Step(
            "azure",
            "prepare",
            f"Create the identity {app.name}-id and let it read the vault",
            f"az identity create --name {app.name}-id --resource-group {group}",
        )
    files = f"--resource-group {group} --template-file azure/template.json --parameters {values}"
    yield Step("azure", "check", "Let Azure read the template", f"az deployment group validate {files}")
    yield Step(
        "azure", "check", "See what would change, before it does", f"az deployment group what-if {files}"
    )
    yield from _migration(app, "azure")
    yield Step("azure", "roll out", "Send it out", f"az deployment group create {files}")
    yield from _look(app, "azure", "https://ADDRESS")
    traffic = f"az containerapp ingress traffic set --name {app.name} --resource-group {group}"
    yield Step(
        "azure",
        "roll back",
        "All traffic to the revision before",
        f"{traffic} --revision-weight REVISION=100",
    )
    if app.domain:
        bind = f"az containerapp hostname bind --name {app.name} -g {group} --hostname {app.domain}"
        yield Step("azure", "roll out", f"Bind {app.domain} with a managed certificate", bind)


def _vercel(app: App) -> Iterator[Step]:
    yield Step("vercel", "prepare", "Link the folder to a project", "vercel link")
    for secret in app.secrets:
        yield Step(
            "vercel",
            "prepare",
            f"Keep the secret {secret}",
            f"vercel env add {secret} production --sensitive",
        )
    for name in app.environment:
        yield Step("vercel", "prepare", f"Set {name}", f"vercel env add {name} production")
    yield Step("vercel", "check", "Build as Vercel does, on your machine", "vercel build --prod")
    yield from _migration(app, "vercel")
    yield Step(
        "vercel",
        "roll out",
        "Send it out without your domain",
        "vercel deploy --prebuilt --prod --skip-domain",
    )
    yield from _look(app, "vercel", "https://ADDRESS")
    yield Step("vercel", "look", "Then give it your domain", "vercel promote ADDRESS")
    yield Step("vercel", "roll back", "The deployment before", "vercel rollback")


def markdown(app: App, steps: tuple[Step, ...]) -> str:
    """The plan to read and tick off."""
    lines = [
        f"# Rolling out {app.name}",
        "",
        "Nothing of this was done. Words in capitals are yours to fill in.",
        "",
    ]
    for provider, region in app.targets.items():
        lines += [f"## {TITLES[provider]}, {region}", ""]
        for phase in PHASES:
            own = [one for one in steps if one.provider == provider and one.phase == phase]
            lines += [f"### {phase.capitalize()}", ""] if own else []
            for one in own:
                lines += [f"- [ ] {one.what}", *(["", f"      {one.command}", ""] if one.command else [])]
            lines += [""] if own else []
    return "\n".join(lines).rstrip() + "\n"
