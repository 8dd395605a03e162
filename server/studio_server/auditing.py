"""What an operator asks the chain and the journal on the command line; works beside a running server."""

import argparse
import os
import select
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Protocol

from studio_server.audit.books import BooksAt, BooksNotThere
from studio_server.audit.reader import PAGE, Wanted, page
from studio_server.audit.replay import replay
from studio_server.audit.statistics import statistics
from studio_server.clock import SystemClock
from studio_server.settings import Settings

POLL_SECONDS = 0.5
NO_BOOKS = 3


class Verbs(Protocol):
    """Where the verbs of a command are added."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002  - argparse's name
        """A new verb."""
        ...


def add_verbs(commands: Verbs) -> None:
    """Add `audit` and `replay` to the command."""
    audit = commands.add_parser("audit", help="the audit chain as JSON lines, or its statistics")
    audit.add_argument(
        "--since", type=int, default=0, metavar="SEQ", help="only rows after this sequence number"
    )
    audit.add_argument("--kind", action="append", default=[], help="only this kind; may be given again")
    audit.add_argument("--subject", help="only what happened to this run, wallet, order or user")
    audit.add_argument("--limit", type=_count, metavar="N", help="at most so many rows")
    audit.add_argument("--follow", action="store_true", help="go on with new rows as they are committed")
    audit.add_argument(
        "--stats", action="store_true", help="counts, runs, credits and refusals instead of rows"
    )
    audit.add_argument("--days", type=_count, metavar="N", help="with --stats: only the last N days")
    audit.add_argument("--json", action="store_true", help="with --stats: as JSON")
    audit.set_defaults(run=_audit)

    replaying = commands.add_parser(
        "replay", help="rebuild the balances from the journal; exit codes 0 equal, 1 different, 3 not done"
    )
    replaying.set_defaults(run=_replay)


def follow(
    books: BooksAt, wanted: Wanted, *, pause: Callable[[], bool] | None, limit: int | None = None
) -> Iterator[str]:
    """Rows as lines of JSON, a page from each snapshot; at the chain's end `pause` says whether to go on.

    `pause` None ends at the end of the chain.
    """
    since, left = wanted.since, limit
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        found = books.read(partial(page, wanted=replace(wanted, since=since), limit=size))
        for line in found:
            yield line.as_json()
        since = found[-1].sequence if found else since
        left = None if left is None else left - len(found)
        if len(found) < size and (pause is None or not pause()):
            return


def reader_stays() -> bool:
    """Wait half a second, or less when whoever reads our output has gone; tells whether they are there."""
    waiting = select.poll()
    waiting.register(sys.stdout.fileno(), 0)
    return not waiting.poll(int(POLL_SECONDS * 1000))


def _audit(settings: Settings, chosen: argparse.Namespace) -> int:
    books = _books(settings)
    if chosen.stats:
        return _print_all(_statistics(books, chosen.days, as_json=chosen.json))
    wanted = Wanted(since=chosen.since, kinds=frozenset(chosen.kind), subject=chosen.subject)
    pause = reader_stays if chosen.follow else None
    return _print_all(follow(books, wanted, pause=pause, limit=chosen.limit))


def _books(settings: Settings) -> BooksAt:
    return BooksAt(settings.database_path, SystemClock(), settings.database_url)


def _print_all(lines: Iterator[str]) -> int:
    """Print until the end, until interrupted, or until nobody reads; each of them is a good end."""
    try:
        for line in lines:
            print(line, flush=True)  # noqa: T201  - a command talks to its terminal
    except KeyboardInterrupt:
        return 0
    except BooksNotThere as missing:
        print(f"studio-server: {missing}", file=sys.stderr)  # noqa: T201  - a command talks to its terminal
        return NO_BOOKS
    except BrokenPipeError:
        # What Python would still flush at its end must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _statistics(books: BooksAt, days: int | None, *, as_json: bool) -> Iterator[str]:
    since = None if days is None else books.clock.now() - timedelta(days=days)
    found = books.read(partial(statistics, since=since))
    yield found.as_json() if as_json else str(found)


def _replay(settings: Settings, chosen: argparse.Namespace) -> int:
    del chosen
    report = replay(_books(settings))
    print(report)  # noqa: T201  - a command talks to its terminal
    return report.exit_code


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1, not {text!r}")
    return int(text)
