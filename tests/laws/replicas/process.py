"""A replica as the harness sees it: a process that is told lines, tells lines, and may die or sleep."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

ANSWER_SECONDS = 240.0


@dataclass
class Heard:
    """What one replica told in one round."""

    acknowledged: set[str] = field(default_factory=set[str])
    ends: list[tuple[str, str, int, bool]] = field(default_factory=list[tuple[str, str, int, bool]])
    failures: list[str] = field(default_factory=list[str])


class ReplicaProcess:
    """One process. `heard` gathers; whoever ends a round replaces it."""

    def __init__(self, url: str, twin: str = "") -> None:
        self.heard = Heard()
        self._unfinished = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.laws.replicas.replica", url, twin],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._told_done = 0
        self._asked = 1

    @property
    def alive(self) -> bool:
        """It was neither killed nor did it end."""
        return self._process.poll() is None

    def ask(self, line: str) -> None:
        """Tell it a line; `finish` waits for its answer."""
        if self._process.stdin is not None:
            os.write(self._process.stdin.fileno(), f"{line}\n".encode())
            self._asked += 1

    def finish(self) -> None:
        """Listen until it has done everything it was asked, or has ended."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while self._told_done < self._asked and self._listen(deadline):
            pass
        if self._told_done < self._asked and self.alive:
            self.heard.failures.append(f"no answer within {ANSWER_SECONDS:.0f} s")

    def listen_for(self, answers: int) -> None:
        """Listen until it told so many answers in this round, or is done."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while (
            len(self.heard.acknowledged) < answers
            and self._told_done < self._asked
            and self._listen(deadline)
        ):
            pass

    def kill(self) -> None:
        """SIGKILL; what it had told before still counts."""
        self._process.kill()
        while self._listen(time.monotonic() + ANSWER_SECONDS):
            pass
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def stop(self) -> None:
        """SIGSTOP: it sleeps with whatever it holds."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    def _listen(self, deadline: float) -> bool:
        """Take in what it says next; False when it says nothing in time or nothing any more."""
        stream = self._process.stdout
        if stream is None or not select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        said = os.read(stream.fileno(), 1 << 16)
        *lines, self._unfinished = (self._unfinished + said).split(b"\n")
        for line in lines:
            self._hear(line.decode())
        return bool(said)

    def _hear(self, line: str) -> None:
        what, _, rest = line.partition(" ")
        if what == "ack":
            self.heard.acknowledged.add(rest)
        elif what == "end":
            hold_id, state, settled, late = rest.split()
            self.heard.ends.append((hold_id, state, int(settled), late == "1"))
        elif what == "done":
            self._told_done += 1
        else:
            self.heard.failures.append(line)
