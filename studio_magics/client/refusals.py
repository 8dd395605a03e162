"""What can be refused, as classes with fields; in a notebook each is two lines and no traceback.

The classes named after a status carry the server's `Problem`; the others are found in the kernel. This module
imports nothing heavy, so that a run in the kernel can refuse without a server or an HTTP client.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio_magics.contracts.problems import FieldProblem, Problem

LONGEST_LINE = 2_000
"""A refusal is for reading: a longer sentence is cut."""


class StudioRefusal(Exception):
    """Something was not done, and why; nothing was charged unless the text says so."""

    default_action = "%studio doctor"

    def __init__(
        self,
        what: str,
        *,
        action: str = "",
        problem: "Problem | None" = None,
        suggestions: Sequence[str] = (),
    ) -> None:
        super().__init__(what)
        self.what = one_line(what)
        self.action = one_line(action) or self.default_action
        self.problem = problem
        self.suggestions = tuple(suggestions)

    def __str__(self) -> str:
        return self.what

    def lines(self) -> list[str]:
        """The two lines a person reads."""
        return [f"✘ {self.what}", f"  Next: {self.action}"]

    def _render_traceback_(self) -> list[str]:
        return self.lines()


class ServerRefusal(StudioRefusal):
    """The server refused; `problem` holds every figure it gave."""

    def figure(self, name: str) -> Any:
        """One member of the problem, or None: `limit`, `used`, `held`, `needed` and so on."""
        return getattr(self.problem, name, None)

    @property
    def code(self) -> str:
        """The stable code of the problem."""
        return self.problem.code if self.problem else ""

    @property
    def limit(self) -> str | None:
        """The limit that refused, if one did."""
        return self.figure("limit")

    @property
    def used(self) -> int | None:
        """Credits already spent within that limit."""
        return self.figure("used")

    @property
    def held(self) -> int | None:
        """Credits set aside by runs that are not over."""
        return self.figure("held")

    @property
    def needed(self) -> int | None:
        """Credits that this would have set aside."""
        return self.figure("needed")

    @property
    def available(self) -> int | None:
        """Credits available."""
        return self.figure("available")

    @property
    def cap(self) -> int | None:
        """The size of the limit."""
        return self.figure("cap")

    @property
    def fields(self) -> "tuple[FieldProblem, ...]":
        """What was wrong, field by field."""
        return self.problem.fields if self.problem else ()


class NotSignedIn(ServerRefusal):
    """The server does not know who asks (401)."""

    default_action = "open JupyterLab with Studio, or studio.connect(url, token)"


class InsufficientCredits(ServerRefusal):
    """The balance does not cover the ceiling of the run (402)."""

    default_action = "a smaller --max-credits, or %studio limits"


class LimitReached(InsufficientCredits):
    """A daily, monthly or per-run limit refused (402)."""


class PaymentRefused(ServerRefusal):
    """The saved card did not pay (402); `problem.url` is a page to pay on instead, where there is one."""

    default_action = "%studio buy PACK"


class Forbidden(ServerRefusal):
    """Known, and not allowed (403)."""


class Unknown(ServerRefusal):
    """There is no such tool, run or receipt, or it is not yours (404)."""

    default_action = "check the name: %studio tools, %studio runs"


class Conflict(ServerRefusal):
    """The request contradicts the state of things (409)."""

    default_action = "%studio runs"


class TooLarge(ServerRefusal):
    """The input is above the size that is taken (413)."""

    default_action = "send less: a sample, fewer columns or fewer files"


class InputRefused(ServerRefusal):
    """An input is wrong; `fields` says which, what was found and what is allowed (422)."""

    default_action = "%studio tool NAME shows the inputs"


class TooFast(ServerRefusal):
    """Too many requests (429)."""

    default_action = "wait a little and run the cell again"

    def __init__(self, what: str, *, retry_after_seconds: int | None = None, **more: Any) -> None:
        super().__init__(what, **more)
        self.retry_after_seconds = retry_after_seconds


class ServerFault(ServerRefusal):
    """The server failed or gave no usable answer (5xx); a platform fault is never charged."""

    default_action = "run the cell again; a platform fault is never charged"


class ServerUnreachable(StudioRefusal):
    """No server answered."""

    default_action = "%studio doctor; what runs in the kernel still works for 0 credits"


class RunFailed(StudioRefusal):
    """A run ended without a result; `run` holds its state and receipt."""

    def __init__(self, what: str, *, action: str = "", run: Any = None) -> None:
        super().__init__(what, action=action or "%studio receipt shows what was charged and why")
        self.run = run


class RunStopped(RunFailed):
    """A run was stopped by its user; the text says what was charged."""


class StillRunning(StudioRefusal):
    """Waiting has ended before the run; it goes on at the server. `run` is how it was last seen."""

    default_action = "%studio runs"

    def __init__(self, what: str, *, action: str = "", run: Any = None) -> None:
        super().__init__(what, action=action)
        self.run = run


class UsageRefused(StudioRefusal):
    """A `%studio` line or a call that cannot be understood; nothing was sent."""

    default_action = "%studio help"


class NotInstalled(StudioRefusal):
    """A library that this needs is missing."""


def one_line(text: str) -> str:
    """The text without line breaks and control characters, cut to a readable length."""
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    joined = " ".join(clean.split())
    return joined if len(joined) <= LONGEST_LINE else joined[: LONGEST_LINE - 1] + "…"


def did_you_mean(word: str, known: Sequence[str] | Mapping[str, Any], *, most: int = 3) -> tuple[str, ...]:
    """The known words closest to this one, best first."""
    from difflib import get_close_matches

    low = word.lower()
    inside = [name for name in known if low and (low in name.lower() or name.lower() in low)]
    close = get_close_matches(low, [name.lower() for name in known], n=most, cutoff=0.55)
    by_lower = {name.lower(): name for name in known}
    ranked = [by_lower[name] for name in close] + inside
    return tuple(dict.fromkeys(ranked))[:most]


def either(words: Sequence[str]) -> str:
    """The words as a choice: 'a', 'a or b', 'a, b or c'."""
    if len(words) < 2:  # noqa: PLR2004  - one word needs no "or"
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"
