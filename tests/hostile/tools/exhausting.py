"""Attacks that try to use more than allowed, to stay, or to be in the way."""

import contextlib
import mmap
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

MEGABYTE = 1 << 20


def forever():
    while True:
        time.sleep(60)


def fork_bomb(*, context):
    while True:
        with contextlib.suppress(OSError):
            os.fork()


def fork_bomb_in_sessions(*, context):
    while True:
        with contextlib.suppress(OSError):
            if os.fork() == 0:
                os.setsid()


def thread_bomb(*, context):
    while True:
        with contextlib.suppress(RuntimeError):
            threading.Thread(target=forever, daemon=True).start()


def processes_that_sleep(*, context):
    for _ in range(500):
        with contextlib.suppress(OSError):
            if os.fork() == 0:
                forever()
    forever()


def take_memory(*, context):
    kept = []
    while True:
        kept.append(os.urandom(MEGABYTE) * 8)


def take_memory_in_children(*, context):
    for _ in range(4):
        if os.fork() == 0:
            kept = os.urandom(MEGABYTE) * 40
            forever()
            del kept
    forever()


def take_shared_memory(*, context):
    kept = mmap.mmap(-1, 256 * MEGABYTE)
    for offset in range(0, len(kept), 4096):
        kept[offset] = 1
    forever()


def take_shared_memory_and_share_it(*, context):
    """Twenty processes share the pages, so each shows a twentieth."""
    kept = mmap.mmap(-1, 256 * MEGABYTE)
    for _ in range(20):
        if os.fork() == 0:
            break
    for offset in range(0, len(kept), 4096):
        kept[offset] = 1
    forever()


def part_and_take_memory(*, context):
    """Say that all is done, when the meter weighs for the last time, and begin only then."""
    os.write(4, b".")
    take_memory(context=context)


def part_and_spin(*, context):
    os.write(4, b".")
    spin(context=context)


def part_with_all_there_is(*, context):
    """Say so again and again, and leave nothing to say it with at the end."""
    with contextlib.suppress(OSError):
        while True:
            os.write(4, bytes(65_536))
    os.close(4)
    return []


def fill_memory_folders(*, context):
    for number in range(64):
        for folder in ("/dev/shm", "/tmp"):
            with contextlib.suppress(OSError):
                Path(folder, str(number)).write_bytes(bytes(2 * MEGABYTE))
    forever()


def fill_pipes(*, context):
    kept = []
    with contextlib.suppress(OSError):
        while True:
            reader, writer = os.pipe()
            kept.append((reader, writer))
            os.set_blocking(writer, False)
            os.write(writer, bytes(65_536))
    return [] if len(kept) < 600 else ["too many pipes"]


def fill_sockets(*, context):
    kept = []
    with contextlib.suppress(OSError):
        while True:
            pair = socket.socketpair()
            kept.append(pair)
            pair[0].setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    pair[0].send(bytes(65_536))
    return [] if len(kept) < 600 else ["too many sockets"]


def fill_wide_sockets(*, context):
    """How much one pair takes that asks for more."""
    one, _other = socket.socketpair()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 28)
    one.setblocking(False)
    taken = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            taken += one.send(bytes(65_536))
    return [] if taken < MEGABYTE else [f"{taken} bytes that nobody reads"]


def fill_the_disk(*, context):
    with open("/job/tmp/full", "wb") as file:
        while True:
            file.write(bytes(MEGABYTE))


def fill_the_disk_without_names(*, context):
    kept = []
    while True:
        file = open("/job/tmp/gone", "wb")
        os.unlink("/job/tmp/gone")
        file.write(bytes(4 * MEGABYTE))
        file.flush()
        kept.append(file)
        time.sleep(0.01)


def fill_the_disk_with_holes(*, context):
    """Sparse files occupy nothing; what counts is what they occupy."""
    with open("/job/tmp/holes", "wb") as file:
        file.truncate(4 * MEGABYTE)
    return [] if os.stat("/job/tmp/holes").st_blocks < 100 else ["occupied"]


def make_many_files(*, context):
    for number in range(6_000):
        open(f"/job/tmp/{number}", "w").close()
    forever()


def make_many_folders(*, context):
    for number in range(6_000):
        os.mkdir(f"/job/tmp/{number}")
    forever()


def dig_deep(*, context):
    below = os.open("/job/tmp", os.O_RDONLY)
    for number in range(60_000):
        os.mkdir("d" * 200, dir_fd=below)
        above, below = below, os.open("d" * 200, os.O_RDONLY, dir_fd=below)
        os.close(above)
        if number % 50 == 0:
            time.sleep(0.01)
    forever()


def long_names(*, context):
    for number in range(200):
        Path("/job/tmp", f"{number:04d}" + "\n\u202e" * 40).touch()


def spin(*, context):
    while True:
        pass


def spin_in_children(*, context):
    for _ in range(3):
        if os.fork() == 0:
            break
    while True:
        pass


def spin_in_short_lives(*, context):
    """No child lives long enough to be looked at, and nobody waits for any."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        if os.fork() == 0:
            end = time.process_time() + 0.008
            while time.process_time() < end:
                pass
            os._exit(0)


def spin_in_orphans(*, context):
    while True:
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                end = time.process_time() + 0.01
                while time.process_time() < end:
                    pass
            os._exit(0)
        os.wait()


def sleep_for_ever(*, context):
    forever()


def ignore_signals(*, context):
    for number in range(1, 32):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    forever()


def stop_itself(*, context):
    os.kill(os.getpid(), signal.SIGSTOP)


def stop_everything(*, context):
    if not alone():
        return ["sees the processes of the machine"]
    if os.fork() == 0:
        os.setsid()
        forever()
    os.kill(-1, signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)


def kill_itself(*, context):
    os.kill(os.getpid(), signal.SIGKILL)


def alone():
    """Whether this run has processes of its own: signals to everybody reach nobody else."""
    return os.getpid() < 8


def kill_the_rest(*, context):
    if not alone():
        return ["sees the processes of the machine"]
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def leave_a_daemon(*, context):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            forever()
        os._exit(0)
    os.wait()


def leave_a_chain_of_daemons(*, context):
    """Every daemon starts the next one and ends, so that none has a parent for long."""
    if os.fork() == 0:
        while True:
            os.setsid() if os.getsid(0) != os.getpid() else None
            if os.fork():
                os._exit(0)
            time.sleep(0.002)


def leave_a_shell(*, context):
    os.system("(setsid nohup sh -c 'while :; do sleep 60; done' >/dev/null 2>&1 &)")


def leave_timers(*, context):
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    end = time.monotonic() + 0.1
    while time.monotonic() < end:
        pass


def hold_the_output(*, context):
    """A child keeps both pipes open after the answer is written."""
    if os.fork() == 0:
        os.setsid()
        forever()


def become_another_program(*, context):
    os.execv("/bin/sh", ["sh", "-c", "sleep 600"])


def become_a_python(*, context):
    os.execv(sys.executable, [sys.executable, "-c", "while True: pass"])


def lie_about_time(*, context):
    """What clocks say in the worker is nobody's business."""
    time.process_time = time.monotonic = time.time = lambda: 0.0
    for _ in range(3_000_000):
        pass


def restart_the_clock(*, context):
    """CPU that a killed child used is used."""
    pid = os.fork()
    if pid == 0:
        while True:
            pass
    time.sleep(0.5)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def burn_in_short_lives(*, context):
    """Some 300 ms of CPU in children that live for milliseconds, and that the kernel forgets."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in range(75):
        if os.fork() == 0:
            end = time.process_time() + 0.004
            while time.process_time() < end:
                pass
            os._exit(0)
        with contextlib.suppress(ChildProcessError):
            os.wait()
