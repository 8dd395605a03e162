"""Named points at which a victim kills itself: only in the victim, only in this harness."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

from studio_server import safekeeping
from studio_server.storage import backup, database
from studio_server.storage.sqlite_session import SqliteSession
from studio_server.storage.tx import SqliteTx
from studio_server.storage.writer import Writer

from tests.laws.twins import answer_before_commit

if TYPE_CHECKING:
    from collections.abc import Callable

SWEEPING = threading.local()
POINTS = ("random", "in work", "before commit", "after commit", "in sweep")
HEARD_SECONDS = 0.02
RARE = ("in migration", "in backup")


def die() -> None:
    """As kill -9 from outside: nothing of this process runs any more."""
    os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()


class Countdown:
    """Dies at the n-th call."""

    def __init__(self, nth: int) -> None:
        self._left = nth
        self._guard = threading.Lock()

    def pass_or_die(self) -> None:
        with self._guard:
            self._left -= 1
            if self._left == 0:
                die()


def arm(point: str, nth: int, engine: str, twin: str) -> None:
    """Make this process die at the `nth` passing of `point`, and take the guard of `twin` away."""
    countdown = Countdown(nth)
    session, tx = _classes(engine)
    match point:
        case "in work":
            _before(session, "mark", countdown)
        case "before commit":
            _before(session, "commit", countdown)
        case "after commit":
            _after(session, "commit", countdown)
        case "in sweep":
            _before(tx, "execute", countdown, only=lambda: getattr(SWEEPING, "now", False))
        case "in migration":
            _in_migration(engine, countdown)
        case "in backup":
            for module in (backup, safekeeping):
                _before(module, "flush", countdown)
            _before(safekeeping, "check", countdown)
    if twin == "answer before commit":
        Writer._commit = answer_before_commit
        _before(session, "commit", Countdown(0), only=_let_the_answers_out)


def _let_the_answers_out() -> bool:
    """Whoever was answered has time to tell, so that the twin loses what was heard, not only said."""
    threading.Event().wait(HEARD_SECONDS)
    return False


def _classes(engine: str) -> tuple[type, type]:
    if engine == "sqlite":
        return SqliteSession, SqliteTx
    from studio_server.storage.postgres.session import PostgresSession
    from studio_server.storage.postgres.tx import PostgresTx

    return PostgresSession, PostgresTx


def _before(owner: Any, name: str, countdown: Countdown, only: Callable[[], bool] = lambda: True) -> None:
    real = getattr(owner, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        if only():
            countdown.pass_or_die()
        return real(*arguments, **named)

    setattr(owner, name, wrapped)


def _after(owner: Any, name: str, countdown: Countdown) -> None:
    real = getattr(owner, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        done = real(*arguments, **named)
        countdown.pass_or_die()
        return done

    setattr(owner, name, wrapped)


def _in_migration(engine: str, countdown: Countdown) -> None:
    """Between any two statements of any script, on SQLite; between any two commands, on PostgreSQL."""
    if engine != "sqlite":
        import psycopg

        _before(psycopg.Connection, "execute", countdown)
        return
    real = database.connect_writer

    def traced(*arguments: Any) -> Any:
        connection = real(*arguments)

        def count(*_: Any) -> bool:
            countdown.pass_or_die()
            return True

        connection.exec_trace = count
        return connection

    database.connect_writer = traced
