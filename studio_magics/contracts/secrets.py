"""Secrets: values that the server keeps for runs and never shows again."""

from pydantic import ConfigDict, SecretStr

from studio_magics.contracts.base import Contract, Instant

SECRET_PREFIX = "secret:"  # noqa: S105  - how a name is written, no value
"""An input `secret:NAME` stands for the value that is kept under that name."""


class SecretValue(Contract):
    """What is kept; it is in no answer."""

    model_config = ConfigDict(hide_input_in_errors=True)

    value: SecretStr


class SecretInfo(Contract):
    """That a secret is there."""

    name: str
    created_at: Instant
    used_at: Instant | None


class SecretList(Contract):
    """All secrets of a user, by name."""

    secrets: tuple[SecretInfo, ...]
