"""Runs each job in a fresh process of this machine: forked warm, confined, and watched from outside.

One thread per running job, at most `capacity`, talks to that job's meter. No fork, signal handler, child
watcher or event loop of the host takes part, so it works inside Jupyter, under uvloop and in plain threads.
"""

import logging
import math
import os
import shutil
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studio_magics.tools.declared_network import Network
from studio_server.runs.executor import confining, endings, folder, sentences
from studio_server.runs.executor.broker.hiring import broker_for
from studio_server.runs.executor.confining import found
from studio_server.runs.executor.families import PLAIN, Family, every_family, family_of, is_built_in
from studio_server.runs.executor.layers import layers, why_unsupported
from studio_server.runs.executor.nursery import IDLE_BYTES, Idle, Nursery
from studio_server.runs.executor.protocol import (
    ArtefactFile,
    ExecutorClosed,
    ExecutorFull,
    ExecutorUnsupported,
    Job,
    Layer,
    Outcome,
    Progress,
)
from studio_server.runs.executor.running import LocalRunningJob, kill_group, listen

GIBIBYTE = 1 << 30
SCRATCH_BYTES = 2 * GIBIBYTE
ADDRESS_BYTES = 4 * GIBIBYTE
PROCESSES = 64
FILES = 20_000
OPEN_FILES = 1_024
TASKS_PER_PROCESS = 4
ANSWER_SLACK_BYTES = 1 << 20
CLOSE_SECONDS = 10.0
LAUNCHES = 2
TOLD_CHARACTERS = 2_000
FULL_DISK_BYTES = 64 << 20
"""With less than this left, a run that found no room is believed."""
BY_THE_RUN = (ValidationError, FileNotFoundError, folder.NotAPlainFile)
"""What is wrong with an answer because of the run; any other trouble in reading it is the machine's."""

log = logging.getLogger(__name__)


def default_capacity() -> int:
    """As many workers as this process may use processors, at least 2."""
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(2, usable)


def all_but_one() -> int:
    """What leaves a processor to the server and the notebooks, where there is more than one."""
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return max(1, usable - 1)


def processors_for_runs(most: int | None) -> tuple[int, ...]:
    """Which processors runs are kept to; none named means all."""
    if most is None or sys.platform != "linux":
        return ()
    usable = sorted(os.sched_getaffinity(0))
    return tuple(usable[-most:]) if most < len(usable) else ()


class LocalExecutor:
    """See `protocol.Executor`.

    `extra_path` lets a test suite offer tools of its own to the workers; a server leaves it empty. `without`
    names layers of confinement to leave out, so that tests can show what each is for, and `broker` is another
    program that opens connections.

    Runs share `processors` of the machine, all where it is None.

    Without `preload` every tool imports its libraries inside its run, as tools of others always do.
    """

    def __init__(
        self,
        *,
        capacity: int | None = None,
        processors: int | None = None,
        scratch_bytes: int = SCRATCH_BYTES,
        processes: int = PROCESSES,
        files: int = FILES,
        extra_path: Path | None = None,
        idle_bytes: int = IDLE_BYTES,
        preload: bool = True,
        control_group: str = "",
        reviewed: Collection[str] = (),
        without: Collection[str] = (),
        broker: Sequence[str] = (),
    ) -> None:
        self.capacity = capacity or default_capacity()
        self._processors = processors
        self._scratch_bytes = scratch_bytes
        self._processes = processes
        self._files = files
        self._extra_path = str(extra_path or "")
        self._idle_bytes = idle_bytes
        self._preload = preload
        self._control_group = control_group
        self._reviewed = frozenset(reviewed)
        self._without = frozenset(without)
        self._broker = tuple(broker)
        self._lock = threading.Lock()
        self._jobs: dict[int, tuple[LocalRunningJob, threading.Thread]] = {}
        self._nursery: Nursery | None = None
        self._closed = False

    @property
    def running(self) -> int:
        return len(self._jobs)

    def capabilities(self) -> tuple[Layer, ...]:
        machine = found(self._control_group)
        return layers(machine.missing, machine.layers(self._without), self.idle())

    def idle(self) -> tuple[Idle, ...]:
        """What the fork servers hold while they wait."""
        return self._nursery.idle() if self._nursery else ()

    def warm_up(self) -> tuple[Idle, ...]:
        """Start the fork server of every family of built-in tools now, and say what they hold; blocks.

        Raises:
            CannotStart: One of them does not come up.
        """
        nursery = self._warm()
        for family in every_family():
            nursery.start(family)
        return self.idle()

    def may_run(self, tool_id: str, reference: str = "") -> bool:
        """Whether this machine confines well enough for the tool, or somebody has read it."""
        return not self._lacking() or self._is_reviewed(tool_id, reference)

    def start(self, job: Job, on_progress: Callable[[Progress], None]) -> LocalRunningJob:
        reason = why_unsupported()
        if reason:
            raise ExecutorUnsupported(reason)
        running = LocalRunningJob(replace(job, workdir=job.workdir.absolute()))
        thread = threading.Thread(
            target=self._supervise, args=(running, on_progress), name=f"run {job.run_id}", daemon=True
        )
        with self._lock:
            if self._closed:
                raise ExecutorClosed
            if len(self._jobs) >= self.capacity:
                raise ExecutorFull(self.capacity)
            self._jobs[id(running)] = (running, thread)
            running.begin()
            thread.start()
        return running

    def close(self) -> None:
        with self._lock:
            self._closed = True
            jobs = list(self._jobs.values())
        for running, _ in jobs:
            running.cancel()
        for _, thread in jobs:
            thread.join(CLOSE_SECONDS)
        if self._nursery is not None:
            self._nursery.close()

    def _supervise(self, running: LocalRunningJob, on_progress: Callable[[Progress], None]) -> None:
        try:
            outcome = self._run(running, on_progress)
        except Exception:  # outermost boundary of the thread: every job gets an outcome
            log.exception("run %s could not be carried out", running.run_id)
            outcome = Outcome("lost", sentences.worker_lost())
        with self._lock:
            del self._jobs[id(running)]
        running.decide(outcome)

    def _run(self, running: LocalRunningJob, on_progress: Callable[[Progress], None]) -> Outcome:
        job = running.job
        refusal = self._refusal(job)
        if refusal:
            return Outcome("lost", refusal)
        folder.prepare(job, extra_path=self._extra_path, others_read=confining.is_root())
        with broker_for(job, self._broker):
            report = self._launch(running, on_progress)
        cancelled = running.disconnect()
        if report is None:
            outcome = Outcome("cancelled", sentences.cancelled()) if cancelled else _vanished()
        else:
            outcome = self._judge(job, report, cancelled=cancelled)
        if outcome.kind == "lost":
            self._tell_operator(job)
        folder.clear(job.workdir, keep_logs=outcome.kind in ("lost", "tool_failed"))
        return outcome

    def _launch(
        self, running: LocalRunningJob, on_progress: Callable[[Progress], None]
    ) -> endings.Report | None:
        """Have a worker forked and listen until nothing of it is left; the meter's report, if it gave one.

        A fork server that dies before the worker was told to begin has cost the run nothing: once more, then.
        """
        report = None
        for _ in range(LAUNCHES):
            report = self._watch(running, on_progress)
            if report is not None or running.may_have_begun:
                break
        return report

    def _watch(
        self, running: LocalRunningJob, on_progress: Callable[[Progress], None]
    ) -> endings.Report | None:
        family = self._family(running.job)
        nursery = self._warm()
        launched = nursery.launch(family)
        report = None
        try:
            running.connect(launched, self._spec(running.job))
            report = listen(launched.report, running, on_progress)
        finally:
            running.disconnect()
            launched.report.close()
            if report is None and running.worker_pid:
                kill_group(running.worker_pid)
            nursery.over(family, launched.fork_server_pid)
        return report

    def _family(self, job: Job) -> Family:
        return family_of(job.tool_id, job.tool_reference) if self._preload else Family(PLAIN)

    def _warm(self) -> Nursery:
        """The fork servers, whose confinement is decided when the first run comes."""
        if self._nursery is not None:
            return self._nursery
        machine = found(self._control_group)
        orders = confining.orders(machine, control_group=self._control_group, without=self._without)
        orders["processors"] = list(processors_for_runs(self._processors))
        orders["paths"] += [self._extra_path] if self._extra_path else []
        with self._lock:
            if self._nursery is None:
                self._nursery = Nursery(orders, idle_bytes=self._idle_bytes)
            return self._nursery

    def _refusal(self, job: Job) -> str:
        """Why this machine cannot run it; empty when it can. No review stands in for a network of its own."""
        lacking = self._lacking()
        if job.network and lacking:
            return sentences.no_network_of_its_own(lacking)
        return "" if self.may_run(job.tool_id, job.tool_reference) else sentences.not_confined(lacking)

    def _lacking(self) -> tuple[str, ...]:
        return found(self._control_group).lacking(self._without)

    def _is_reviewed(self, tool_id: str, reference: str) -> bool:
        """Built in, named by the operator, or from the folder that the operator gave."""
        return bool(self._extra_path) or tool_id in self._reviewed or is_built_in(tool_id, reference)

    def _tell_operator(self, job: Job) -> None:
        said = folder.beginning(job.workdir / folder.WORKER_LOG, TOLD_CHARACTERS)
        if said:
            log.warning("run %s was lost; the worker said: %s", job.run_id, said)
        family = self._family(job)
        said = self._nursery.complaints(family, TOLD_CHARACTERS) if self._nursery else ""
        if said:
            log.warning("run %s was lost; its fork server last said: %s", job.run_id, said)

    def _spec(self, job: Job) -> dict[str, Any]:
        bounds = self._bounds(job)
        seen = confining.folder_seen_by_run(job.workdir, found(self._control_group).layers(self._without))
        return {
            "environment": confining.confined_environment(seen),
            "folder": str(job.workdir),
            "log": str(job.workdir / folder.WORKER_LOG),
            "loopback": Network.of(job.network).loopback,
            "limits": {
                "cpu_ms": job.limits.cpu_ms,
                "wall_ms": job.limits.wall_ms,
                "memory_bytes": job.limits.memory_bytes,
                "scratch_bytes": bounds.scratch_bytes,
                "processes": bounds.processes,
                "files": self._files,
            },
            "belt": {
                "cpu_seconds": math.ceil(job.limits.cpu_ms / 1000),
                "address_bytes": bounds.address_bytes,
                "file_bytes": bounds.scratch_bytes,
                "open_files": OPEN_FILES,
                "tasks": TASKS_PER_PROCESS * bounds.processes,
            },
        }

    def _bounds(self, job: Job) -> endings.Bounds:
        address_bytes = max(ADDRESS_BYTES, 4 * job.limits.memory_bytes)
        return endings.Bounds(job.limits, self._scratch_bytes, self._processes, address_bytes)

    def _judge(self, job: Job, report: endings.Report, *, cancelled: bool) -> Outcome:
        bounds = self._bounds(job)
        if report.survivors:
            log.error("run %s left %d processes that cannot be killed", job.run_id, report.survivors)
        stopped = endings.stopped_from_outside(report, bounds, cancelled=cancelled)
        if stopped is not None:
            return stopped
        try:
            return self._read(job, report, bounds)
        except (OSError, ValidationError) as broken:  # a file of it is missing, or somebody else wrote it
            log.exception("the answer of run %s cannot be read", job.run_id)
            return endings.unreadable(report, by_the_run=isinstance(broken, BY_THE_RUN))

    @staticmethod
    def _read(job: Job, report: endings.Report, bounds: endings.Bounds) -> Outcome:
        said = folder.read_answer(job.workdir, 2 * sentences.MOST_RESULT_BYTES + ANSWER_SLACK_BYTES)
        if said is None or report.exit_code != 0:
            return endings.without_answer(report, bounds)
        answer = endings.Answer.model_validate_json(said)
        if answer.kind != "succeeded":
            full = shutil.disk_usage(job.workdir).free < FULL_DISK_BYTES
            return endings.answered(report, answer, bounds, disk_is_full=full)
        return _succeeded(job, report, answer)


def _succeeded(job: Job, report: endings.Report, answer: endings.Answer) -> Outcome:
    """Success, once the server has weighed every file itself."""
    files: list[ArtefactFile] = []
    for said in answer.artefacts:
        size_bytes, digest = folder.weigh(job.workdir / said.file, job.limits.output_bytes)
        files.append(endings.artefact_file(job.workdir, said, size_bytes, digest))
    of_result = len((answer.result or "").encode())
    if of_result > sentences.MOST_RESULT_BYTES:
        message = sentences.result_too_large(of_result)
        return Outcome("limit_output", message, endings.measurement(report))
    total = sum(file.size_bytes for file in files) + of_result
    if total > job.limits.output_bytes:
        message = sentences.output_too_large(total, job.limits.output_bytes)
        return Outcome("limit_output", message, endings.measurement(report))
    return endings.succeeded(report, answer, tuple(files))


def _vanished() -> Outcome:
    return Outcome("lost", sentences.worker_lost())
