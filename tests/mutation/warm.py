"""One warm pytest process: tests are collected once, each mutant is tried in a fork of it."""

from __future__ import annotations

import ast
import importlib
import os
import pickle
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import pytest

from tests.mutation.sites import Site, sites
from tests.mutation.transplant import transplant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from tests.mutation.targets import Target

    Judged = Callable[[str, list["Verdict"]], None]

AT_ONCE = 2
MEMORY = Path("/", "dev", "shm")
LEAST_SECONDS = 20
SLOWER = 5
"""A mutant that takes so many times longer than the original counts as noticed."""


class BaselineFailed(RuntimeError):
    """The tests fail without any mutant: nothing can be said."""


@dataclass
class Verdict:
    """What became of one mutant."""

    site: Site
    noticed: bool
    by: str


@dataclass
class Baseline:
    """How long each test takes and which functions of the target it calls."""

    seconds: list[float] = field(default_factory=list[float])
    calls: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))

    def called(self, test: int) -> int:
        """How many functions of the target this test calls, at least 1."""
        return max(1, sum(test in tests for tests in self.calls.values()))


class Fork(NamedTuple):
    """A process that tries one mutant, and the folder it was given."""

    pid: int
    folder: str

    def clear(self) -> None:
        """Take away what it wrote, however it ended."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Mutating:
    """A pytest plugin that runs, instead of the tests, the tests against every mutant."""

    def __init__(self, target: Target, modules: Sequence[str], judged: Judged) -> None:
        self.target = target
        self.done = 0
        self._modules = modules
        self._judged = judged
        self._verdicts: list[Verdict] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        trees = {name: self._tree(name) for name in self._modules}
        baseline = _baseline(session, {str(path): name for name, (path, _) in trees.items()})
        for name, (_, tree) in trees.items():
            found = sites(name, tree)
            print(
                f"── {self.target.name}/{name}: {len(found)} mutants, {len(session.items)} tests", flush=True
            )
            self._verdicts = []
            self._try_all(session, baseline, found, tree)
            self._judged(name, self._verdicts)
            self.done += 1
        return True

    def _tree(self, name: str) -> tuple[Path, ast.Module]:
        module = importlib.import_module(f"{self.target.package}.{name}")
        path = Path(module.__file__ or "")
        return path, ast.parse(path.read_text(encoding="utf-8"))

    def _try_all(
        self, session: pytest.Session, baseline: Baseline, found: list[Site], tree: ast.Module
    ) -> None:
        running: dict[Fork, Site] = {}
        for site in found:
            if len(running) >= AT_ONCE:
                self._wait(running)
            tests = _noticing(site, baseline, len(session.items))
            if tests:
                running[self._try(session, baseline, site, tree, tests)] = site
            else:
                self._judge(Verdict(site, noticed=False, by="no test calls it"))
        while running:
            self._wait(running)

    def _try(
        self, session: pytest.Session, baseline: Baseline, site: Site, tree: ast.Module, tests: Sequence[int]
    ) -> Fork:
        def work() -> int:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(int(LEAST_SECONDS + SLOWER * sum(baseline.seconds[test] for test in tests)))
            site.apply()
            transplant(f"{self.target.package}.{site.module}", tree)
            return int(any(not _passes(session, session.items[test]) for test in tests))

        return _forked(session, work)

    def _wait(self, running: dict[Fork, Site]) -> None:
        """Take the verdict of whichever of our forks ends first."""
        while True:
            for fork in list(running):
                ended, status = os.waitpid(fork.pid, os.WNOHANG)
                if ended:
                    fork.clear()
                    by = "too slow" if os.WIFSIGNALED(status) else "a test"
                    self._judge(Verdict(running.pop(fork), noticed=status != 0, by=by))
                    return
            time.sleep(0.002)

    def _judge(self, verdict: Verdict) -> None:
        self._verdicts.append(verdict)
        if not verdict.noticed:
            site = verdict.site
            print(f"   {site.module}:{site.line} {site.described()}   survived: {verdict.by}", flush=True)


def _noticing(site: Site, baseline: Baseline, number: int) -> list[int]:
    """The tests that call the changed function, those first that call much in little time; else all."""
    tests = baseline.calls[site.module, site.function] if site.function else set(range(number))
    return sorted(tests, key=lambda test: baseline.seconds[test] / baseline.called(test) ** 2)


def _baseline(session: pytest.Session, files: dict[str, str]) -> Baseline:
    """Run every test once in a fork and learn what it calls.

    Raises:
        BaselineFailed: at least one of them fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "baseline"
        fork = _forked(session, lambda: _learn(session, files, kept))
        status = os.waitpid(fork.pid, 0)[1]
        fork.clear()
        if status != 0:
            raise BaselineFailed(kept.read_text(errors="replace") if kept.is_file() else f"status {status}")
        baseline: Baseline = pickle.loads(kept.read_bytes())  # noqa: S301  - written by our own fork
        return baseline


def _learn(session: pytest.Session, files: dict[str, str], kept: Path) -> int:
    baseline, current = Baseline(calls={}), [0]

    def called(frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if event == "call" and (module := files.get(code.co_filename)):
            key = (module, code.co_qualname.partition(".<locals>")[0])
            baseline.calls.setdefault(key, set()).add(current[0])

    threading.setprofile(called)
    sys.setprofile(called)
    for number, item in enumerate(session.items):
        current[0], started = number, time.monotonic()
        if not _passes(session, item):
            kept.write_text(item.nodeid)
            return 1
        baseline.seconds.append(time.monotonic() - started)
    sys.setprofile(None)
    threading.setprofile(None)  # pyright: ignore[reportArgumentType]  - documented to switch it off
    baseline.calls = defaultdict(set, baseline.calls)
    kept.write_bytes(pickle.dumps(baseline))
    return 0


def _passes(session: pytest.Session, item: pytest.Item) -> bool:
    from _pytest.runner import runtestprotocol

    item.funcargs = {}  # pyright: ignore[reportAttributeAccessIssue]  - pytest's own, fresh for each run
    reports = runtestprotocol(item, log=False, nextitem=None)
    return not any(report.failed for report in reports)


def _forked(session: pytest.Session, work: Callable[[], int]) -> Fork:
    """Do `work` in a fork that is quiet, has a folder of its own, and ends with what `work` returns."""
    folder = tempfile.mkdtemp(prefix="studio-mutant-", dir=MEMORY if MEMORY.is_dir() else None)
    pid = os.fork()
    if pid == 0:
        _work_and_end(session, work, folder)
    return Fork(pid, folder)


def _work_and_end(session: pytest.Session, work: Callable[[], int], folder: str) -> NoReturn:
    status = 1
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        factory = session.config._tmp_path_factory  # pyright: ignore[reportAttributeAccessIssue]  - no public name
        factory._given_basetemp, factory._basetemp = Path(folder) / "tests", None
        status = work()
    finally:
        os._exit(status)


def mutate(target: Target, modules: Sequence[str], judged: Judged) -> None:
    """Try every mutant of these modules; `judged` hears the verdicts on each module as it is done.

    Raises:
        BaselineFailed: the tests fail without any mutant.
    """
    plugin = Mutating(target, modules, judged)
    options = ["-qq", "-p", "no:xdist", "-k", "not postgres", *target.tests]
    status = pytest.main(options, plugins=[plugin])
    if status != pytest.ExitCode.OK or plugin.done < len(modules):
        raise BaselineFailed(f"pytest ended with {status!r}")
