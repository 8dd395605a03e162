"""Who is asking, as the host of the request has established it."""

from dataclasses import dataclass
from typing import Literal

Via = Literal["jupyter", "kernel_token", "token", "embedded"]


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller whom the host vouches for; `issuer` and `subject` together name one account.

    It travels only in `scope["state"]["identity"]`, which nobody outside the process can write.
    """

    issuer: str
    subject: str
    display_name: str
    via: Via
