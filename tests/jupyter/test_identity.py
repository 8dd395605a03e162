"""From Jupyter's users to ours."""

import getpass
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from jupyter_server.auth.identity import (
    IdentityProvider,
    LegacyIdentityProvider,
    PasswordIdentityProvider,
    User,
)
from studio_server.accounts.identity import Identity
from studio_server.jupyter.identity import accounts_of, issuer_of, system_user


class OfOperator(PasswordIdentityProvider):
    """A provider an operator wrote."""


class OfHub(IdentityProvider):
    """As JupyterHub's looks from outside."""

    __module__ = "jupyterhub.singleuser.extension"


class OwnLogin(LegacyIdentityProvider().login_handler_class):
    """A login handler from before Jupyter Server 2, with users of its own."""


@pytest.mark.parametrize("provider", [IdentityProvider, PasswordIdentityProvider, LegacyIdentityProvider])
def test_a_stock_provider_has_one_account_whoever_asks(provider: Any):
    accounts = accounts_of(provider(), owner="ada")
    assert accounts.of_user(User("f00d")) == accounts.of_user(User("cafe"))
    assert accounts.of_user(User("f00d")) == Identity("local", "ada", "ada", "jupyter")
    assert accounts.of_kernel() == Identity("local", "ada", "ada", "kernel_token")


@pytest.mark.parametrize(
    ("provider", "issuer"),
    [
        (OfOperator(), "jupyter"),
        (OfHub(), "jupyterhub"),
        (LegacyIdentityProvider(login_handler_class=OwnLogin), "jupyter"),
    ],
)
def test_any_other_provider_has_an_account_per_user(provider: Any, issuer: str):
    accounts = accounts_of(provider, owner="ada")
    assert issuer_of(provider) == issuer
    assert accounts.of_user(User("grace", display_name="Grace H.")) == Identity(
        issuer, "grace", "Grace H.", "jupyter"
    )


def test_without_a_configured_owner_the_hub_names_its_user_and_else_the_system():
    hub = {"JUPYTERHUB_USER": "alice"}
    assert accounts_of(OfHub(), owner="", environ=hub).owner == "alice"
    assert accounts_of(OfHub(), owner="ada", environ=hub).owner == "ada"
    assert accounts_of(IdentityProvider(), owner="", environ=hub).owner == system_user()


def test_a_system_user_without_a_name_is_known_by_number(monkeypatch: Any):
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr(getpass, "getuser", nameless)
    monkeypatch.setattr("os.getuid", lambda: 1234)
    assert system_user() == "uid-1234"


@pytest.mark.parametrize("field", ["issuer", "subject", "display_name", "via"])
def test_an_identity_cannot_be_changed_on_its_way(field: str):
    with pytest.raises(FrozenInstanceError):
        setattr(Identity("local", "ada", "Ada", "jupyter"), field, "mallory")
