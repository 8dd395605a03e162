"""Draws who the caller is, how well things work here, and how to use `%studio`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.display.bundle import Display
from studio_magics.display.markup import card, element, join, line, strong, table
from studio_magics.display.wording import moment_text

if TYPE_CHECKING:
    from studio_magics.contracts.account import Account
    from studio_magics.contracts.notices import NoticeList


@dataclass(frozen=True)
class Check:
    """One thing the self-diagnosis looked at."""

    subject: str
    ok: bool
    found: str
    action: str = ""

    @property
    def line(self) -> str:
        """'✔ server: …' or '✘ server: … – next: …'."""
        mark = "✔" if self.ok else "✘"
        action = f" – next: {self.action}" if self.action and not self.ok else ""
        return f"{mark} {self.subject}: {self.found}{action}"


@dataclass(frozen=True)
class Diagnosis:
    """The whole self-diagnosis, in the order of the checks."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing needs attention."""
        return all(check.ok for check in self.checks)


@dataclass(frozen=True)
class Help:
    """How to use `%studio` or one verb of it."""

    title: str
    usages: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


def account(who: Account) -> Display:
    """Who the server takes the caller for, by what, and in which mode."""
    facts = [
        f"{who.display_name} · {who.plan.title}{_what_comes(who)}",
        f"signed in via {who.signed_in_via} · mode {who.mode} · server {who.server_version}",
    ]
    if who.deterministic:
        facts.append("a server for tests: fixed clock and ids")
    return Display("\n".join(facts), card(*(line(fact) for fact in facts), label="Account"))


def _what_comes(who: Account) -> str:
    following = who.subscription and who.subscription.next_plan
    if not who.subscription or not following:
        return ""
    return f", {following.title} from {moment_text(who.subscription.ends_at)}"


def notices(found: NoticeList) -> Display:
    """What the caller should know, newest first; what was read is marked so."""
    rows = [
        (moment_text(notice.created_at), notice.text, "new" if notice.read_at is None else "read")
        for notice in found.notices
    ]
    lines = [f"{at}  {state:<4}  {text}" for at, text, state in rows]
    more = "\nread them: %studio notices --read" if found.unread else ""
    html = table("Notices, newest first", ("when", "what", ""), rows)
    return Display(("\n".join(lines) or "no notices") + more, join([html, element("div", more.strip())]))


def diagnosis(found: Diagnosis) -> Display:
    """One line per check: what was found, and what to do where it is not right."""
    problems = sum(not check.ok for check in found.checks)
    verdict = "everything works" if found.ok else f"{problems} of {len(found.checks)} checks need attention"
    rows = [("ok" if c.ok else "problem", c.subject, c.found, "" if c.ok else c.action) for c in found.checks]
    html = table(f"Studio doctor: {verdict}", ("", "what", "found", "what to do"), rows)
    return Display("\n".join([*(check.line for check in found.checks), verdict]), html)


def help_page(page: Help) -> Display:
    """Usages with one line each."""
    width = max(len(usage) for usage, _ in page.usages)
    lines = [page.title, *(f"  {usage.ljust(width)}   {what}" for usage, what in page.usages)]
    lines += [f"  {note}" for note in page.notes]
    rows = [(element("code", usage), what) for usage, what in page.usages]
    notes = [line(note, muted=True) for note in page.notes]
    html = card(line(strong(page.title)), table("", ("write", "to"), rows), *notes, label=page.title)
    return Display("\n".join(lines), html)
