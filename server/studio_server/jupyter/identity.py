"""Which account a request inside Jupyter belongs to.

Jupyter's stock identity providers invent a user name per token request; taken at their word they would open a
new credit account for every kernel call. Their users are therefore all one person: the server's owner.
"""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from jupyter_server.auth.identity import (
    IdentityProvider,
    LegacyIdentityProvider,
    PasswordIdentityProvider,
    User,
)
from jupyter_server.auth.login import LegacyLoginHandler

from studio_server.accounts.identity import Identity

Issuer = Literal["local", "jupyter", "jupyterhub"]


@dataclass(frozen=True, slots=True)
class Accounts:
    """From Jupyter's user to ours."""

    issuer: Issuer
    owner: str
    """Whose account kernels use; with issuer "local", everybody's account."""

    def of_user(self, user: User) -> Identity:
        """The account of somebody Jupyter has let in."""
        if self.issuer == "local":
            return Identity("local", self.owner, self.owner, "jupyter")
        return Identity(self.issuer, user.username, user.display_name or user.username, "jupyter")

    def of_kernel(self) -> Identity:
        """The account of this server's kernels."""
        return Identity(self.issuer, self.owner, self.owner, "kernel_token")


def accounts_of(
    provider: IdentityProvider, *, owner: str, environ: Mapping[str, str] = os.environ
) -> Accounts:
    """The rule for one Jupyter server; `owner` may be empty, then it is the Hub's or the system's user."""
    issuer = issuer_of(provider)
    if not owner and issuer == "jupyterhub":
        owner = environ.get("JUPYTERHUB_USER", "")
    return Accounts(issuer, owner or system_user())


def issuer_of(provider: IdentityProvider) -> Issuer:
    """Who vouches for the user names: nobody (stock providers), JupyterHub, or the operator's provider."""
    if _invents_names(provider):
        return "local"
    modules = (base.__module__ for base in type(provider).__mro__)
    return "jupyterhub" if any(module.split(".")[0] == "jupyterhub" for module in modules) else "jupyter"


def system_user() -> str:
    """The name of the user this process runs as; the number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def _invents_names(provider: IdentityProvider) -> bool:
    if type(provider) is LegacyIdentityProvider:
        return provider.login_handler_class is LegacyLoginHandler
    return type(provider) in {IdentityProvider, PasswordIdentityProvider}
