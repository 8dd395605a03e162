"""Tools that behave well, badly and worse; offered to workers by the tests alone."""

import contextlib
import gc
import mmap
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.base import InputRejected, Tool, ToolInput

MEGABYTE = 1 << 20


def answer(headline="done", **summary):
    return ToolResult(
        headline=headline, summary=summary, provenance=Provenance(tool_id="x", tool_version="1")
    )


def tool(name, input_model, run, libraries=()):
    return Tool(
        id=f"test-studio-{name}",
        version="1",
        title=name,
        places=frozenset({"server"}),
        input_model=input_model,
        forecast=lambda _: Forecast(cpu_ms=0, wall_ms=0, peak_bytes=0),
        run=run,
        example=f"%studio run {name}",
        description=name,
        libraries=libraries,
    )


class Nothing(ToolInput):
    pass


class Fifo(ToolInput):
    fifo: str


class Burn(ToolInput):
    cpu_ms: int
    children: int = 1


class Hold(ToolInput):
    megabytes: int
    children: int = 1
    seconds: float = 0.0


class Size(ToolInput):
    size: int
    stubborn: bool = False


class Data(ToolInput):
    file: InputFile
    least: int = 0


class Ending(ToolInput):
    how: str
    megabytes: int = 0


def take_hold(fifo):
    """Write this process's number and keep the pipe open: it closes only when the process is gone."""
    descriptor = os.open(fifo, os.O_WRONLY)
    os.set_inheritable(descriptor, True)
    os.write(descriptor, f"{os.getpid()}\n".encode())


def touch(_nothing, _context):
    """Write to the pages of what the fork server had loaded, without taking new ones."""
    gc.unfreeze()
    for thing in gc.get_objects():
        TOUCHED[0] = thing  # its counter of references lies in its own page
    return answer("touched")


TOUCHED: list = [None]


def burn(cpu_ms):
    end = time.process_time() + cpu_ms / 1000
    while time.process_time() < end:
        pass


def count(data, context):
    path = context.path(data.file)
    if data.least < 0:
        raise InputRejected("least", found=str(data.least), allowed="0 or more", action="leave it out")
    context.progress(0.5, "reading")
    text = path.read_text("utf-8")
    kept = context.add_artefact("copies/a.txt", "text/plain", text.upper().encode(), title="Upper case")
    context.progress(1.0, "writing")
    writable = path.stat().st_mode & 0o222
    result = answer(
        "counted", lines=text.count("\n"), suffix=path.suffix, writable=writable, now=str(context.now)
    )
    return result.model_copy(update={"artefacts": (kept,)})


def surroundings(_, context):
    print("printed")
    descriptors = {}
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that reads this folder
            descriptors[entry.name] = str(entry.readlink()).partition(":")[0]
    return answer(
        environment=dict(os.environ),
        descriptors=descriptors,
        folder=str(Path.cwd()),
        nice=os.nice(0),
    )


def burn_in_children(what, context):
    if what.children == 1:
        burn(what.cpu_ms)
        return answer()
    children = [
        multiprocessing.get_context("fork").Process(target=burn, args=(what.cpu_ms // what.children,))
        for _ in range(what.children)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    return answer()


def burn_in_sessions(what, context):
    """The same work, in processes that leave the session and are nobody's children."""
    for _ in range(what.children):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                burn(what.cpu_ms // what.children)
                with Path("done").open("ab") as file:
                    file.write(b"x")
            os._exit(0)
        os.wait()
    while not Path("done").exists() or Path("done").stat().st_size < what.children:
        time.sleep(0.05)
    return answer()


def burn_and_disown(what, context):
    """Children that nobody waits for: the kernel forgets what they used."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in range(what.children):
        pid = os.fork()
        if pid == 0:
            burn(what.cpu_ms)
            os._exit(0)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
    return answer()


def hold_memory(what, context):
    def hold():
        kept = os.urandom(MEGABYTE) * what.megabytes
        time.sleep(what.seconds)
        return len(kept)

    if what.children == 1:
        hold()
        return answer()
    children = [multiprocessing.get_context("fork").Process(target=hold) for _ in range(what.children)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    return answer()


def hold_when_told(what, context):
    """Wait for a byte, then take the memory of this many megabytes and say so."""
    Path("go").read_bytes()
    kept = os.urandom(MEGABYTE) * what.megabytes
    take_hold("lifeline")
    time.sleep(600)
    return answer(kept=len(kept))


def wait_for_ever(what, context):
    """A worker, a child, and a grandchild with a session of its own; all of them hold the pipe."""
    take_hold(what.fifo)
    if os.fork() == 0:
        take_hold(what.fifo)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.environ.clear()
                take_hold(what.fifo)
                time.sleep(600)
            os._exit(0)
        os.wait()
        time.sleep(600)
    context.progress(0.1, "waiting")
    time.sleep(600)
    return answer()


def wait_alone(what, context):
    take_hold(what.fifo)
    time.sleep(600)
    return answer()


def wait_with_child(what, context):
    """A worker and a child in its session; both hold the pipe."""
    take_hold(what.fifo)
    if os.fork() == 0:
        take_hold(what.fifo)
    time.sleep(600)
    return answer()


def leave_daemon(what, context):
    """Ends well, but leaves a daemon behind."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            take_hold(what.fifo)
            time.sleep(600)
        os._exit(0)
    os.wait()
    with Path(what.fifo).open("wb"):
        return answer()


def spawn_many(_, context):
    for _ in range(40):
        if os.fork() == 0:
            time.sleep(600)
    time.sleep(600)
    return answer()


def write_artefact(what, context):
    try:
        context.add_artefact("big.bin", "application/octet-stream", b"x" * what.size)
    except Exception:
        if not what.stubborn:
            raise
    return answer()


def return_much(what, context):
    return answer("x" * what.size)


def fill_disk(what, context):
    """One file that grows, or as many small ones."""
    for number in range(what.size):
        with Path("tmp/full" if what.stubborn else f"tmp/full-{number}").open("ab") as file:
            file.write(b"x" * MEGABYTE)
    if not what.stubborn:
        time.sleep(600)
    return answer()


def keep_in_memory(what, context):
    """A file in a folder that is memory, mapped by nobody."""
    for number in range(what.size):
        Path(f"/dev/shm/{number}").write_bytes(b"x" * MEGABYTE)  # noqa: S108  - the run's own
    time.sleep(0.6)
    return answer()


def shout(what, context):
    for number in range(what.size):
        print("x" * 1000)
        context.progress(number / what.size, f"step {number}")
    return answer()


def end(what, context):
    kept = os.urandom(MEGABYTE) * what.megabytes
    if what.megabytes:
        time.sleep(0.1)
    match what.how:
        case "raise":
            raise ValueError("cannot read /home/somebody/secret/place.csv\nsecond line")
        case "memory":
            raise MemoryError
        case "reserve":
            mmap.mmap(-1, 6 << 30)
        case "exit":
            sys.exit(3)
        case "leave":
            os._exit(0)
        case "nonsense":
            return "not a result"
        case "text answer":
            Path("answer.json").write_text('{"kind": "succeeded", "message": ""}')
            os._exit(0)
        case "forged measurement":
            Path("answer.json").write_text('{"kind": "succeeded", "message": "", "cpu_ms": 0}')
            os._exit(0)
        case name:
            os.kill(os.getpid(), signal.Signals[name])
    return answer(str(len(kept)))


COUNT = tool("count", Data, count, libraries=("pydantic", "not-installed-anywhere"))
SURROUNDINGS = tool("surroundings", Nothing, surroundings)
TRIVIAL = tool("trivial", Nothing, lambda _inputs, _context: answer())
BURN = tool("burn", Burn, burn_in_children)
SESSIONS = tool("sessions", Burn, burn_in_sessions)
DISOWN = tool("disown", Burn, burn_and_disown)
HOLD = tool("hold", Hold, hold_memory)
LATER = tool("later", Hold, hold_when_told)
WAIT = tool("wait", Fifo, wait_for_ever)
ALONE = tool("alone", Fifo, wait_alone)
PAIR = tool("pair", Fifo, wait_with_child)
DAEMON = tool("daemon", Fifo, leave_daemon)
MANY = tool("many", Nothing, spawn_many)
ARTEFACT = tool("artefact", Size, write_artefact)
MUCH = tool("much", Size, return_much)
DISK = tool("disk", Size, fill_disk)
SHM = tool("shm", Size, keep_in_memory)
SHOUT = tool("shout", Size, shout)
END = tool("end", Ending, end)
TOUCH = tool("touch", Nothing, touch)
