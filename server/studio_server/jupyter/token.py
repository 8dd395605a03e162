"""The token that lets kernels of this Jupyter server, and nobody else, in at the mount."""

import hmac
import re
import secrets
from dataclasses import dataclass, field

_AUTHORIZATION = re.compile(r"(?:token|bearer)\s+(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MountToken:
    """Minted at each start; worthless anywhere but at this mount."""

    secret: str = field(repr=False)

    @classmethod
    def mint(cls) -> "MountToken":
        """A token nobody has seen: 256 random bits."""
        return cls(secrets.token_urlsafe(32))

    def is_carried_by(self, authorization: str | None) -> bool:
        """Whether an `Authorization` header (`token …` or `Bearer …`) carries exactly this token."""
        carried = _AUTHORIZATION.fullmatch((authorization or "").strip())
        return carried is not None and hmac.compare_digest(
            carried[1].encode("utf-8", "surrogateescape"), self.secret.encode()
        )
