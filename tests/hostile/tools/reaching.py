"""Attacks that try to see or touch what is not the run's own. Each returns what it got away with.

They are run with layers off as well, to show that they can succeed: none may do harm where it does.
"""

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from studio_server.runs.executor.sandbox import kernel, seccomp

LIBC = ctypes.CDLL(None, use_errno=True)
GONE = (FileNotFoundError, PermissionError, NotADirectoryError, ProcessLookupError, OSError)


def tried(name, action):
    """The name, when the action works."""
    try:
        action()
    except GONE:
        return []
    return [name]


def read_server_data(*, secret, context):
    return tried("read the data folder", lambda: Path(secret).read_bytes())


def list_server_data(*, secret, context):
    return tried("listed the data folder", lambda: os.listdir(Path(secret).parent))


def read_through_other_roots(*, secret, context):
    found = []
    for pid in ("1", "self", str(os.getppid())):
        found += tried(pid, lambda pid=pid: Path(f"/proc/{pid}/root{secret}").read_bytes())
        found += tried(pid, lambda pid=pid: Path(f"/proc/{pid}/cwd/../{secret}").read_bytes())
    return found


def read_environments(*, canary, context):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if canary.encode() in (folder / "environ").read_bytes():
                found.append(folder)
    return found + [name for name, value in os.environ.items() if canary in value]


def read_command_lines(*, context):
    """Nothing but this run's own processes: number 1 and this one."""
    return [folder for folder in Path("/proc").glob("[0-9]*") if int(folder.name) > 8]


def read_secrets_of_the_machine(*, context):
    names = ("etc/shadow", "etc/ssh", "etc/machine-id", "root/.bashrc", "root/.ssh")
    names += ("home", "var", "run", "srv", "boot")
    return [name for name in names if tried(name, lambda name=name: os.stat(f"/{name}"))]


def read_other_peoples_names(*, context):
    return [line for line in Path("/etc/passwd").read_text().splitlines() if not line.startswith("worker:")]


def walk_up(*, context):
    found = tried("climbed", lambda: os.listdir("../" * 40 + "home"))
    with contextlib.suppress(PermissionError):
        found += [name for name in os.listdir("/job/..") if name in {"home", "var", "data", "boot"}]
    return found


def plant(folder):
    """Make a new, empty file and take it away again: where the attack works, nothing is left of it."""
    path = Path(folder, "studio-hostile-probe")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    path.unlink()


def write_to_the_system(*, context):
    found = []
    for folder in ("/", "/usr/lib", "/etc", "/dev", "/sys"):
        found += tried(folder, lambda folder=folder: plant(folder))
    return found


def write_to_the_libraries(*, context):
    """Where a sitecustomize, a .pth or a module would be found by whoever starts Python next."""
    found = []
    for entry in [*sys.path, sys.prefix, os.path.dirname(os.__file__)]:
        in_own_memory = os.path.exists(entry) and os.stat(entry).st_dev == os.stat("/tmp").st_dev
        if os.path.isdir(entry) and not in_own_memory:  # a folder that only holds what is shown
            found += tried(entry, lambda entry=entry: plant(entry))
    return found


def write_server_data(*, secret, context):
    return tried("wrote beside the secret", lambda: plant(Path(secret).parent))


def remount_writable(*, context):
    return tried("remounted", lambda: kernel.mount("none", "/job", "", 32 | 4096))


def import_from_the_input_folder(*, context):
    """A module named like one of the standard library in the run's folder is not taken."""
    Path("colorsys.py").write_text("PLANTED = True")
    import colorsys

    found = [name for name in ("", ".", "/job", "/job/in", "/job/named") if name in sys.path]
    return found + (["imported"] if hasattr(colorsys, "PLANTED") else [])


def keep_a_sitecustomize(*, context):
    """What a Python started by the run plants for the next run: nowhere."""
    found = []
    for folder in (Path("/usr/local/lib"), Path("/usr/lib/python3/dist-packages")):
        found += tried(folder, lambda folder=folder: plant(folder))
    return found


def make_refused_calls(*, context):
    """Every call on the list, with harmless arguments; anything but the list's answer is an escape."""
    column = list(seccomp.ARCHITECTURES).index(kernel.machine())
    found = []
    for calls, answer in ((seccomp.REFUSED, 1), (seccomp.UNKNOWN, 38)):
        for name, numbers in calls.items():
            if numbers[column] < 0:
                continue
            ctypes.set_errno(0)
            result = LIBC.syscall(ctypes.c_long(numbers[column]), *[ctypes.c_long(-1)] * 6)
            if result != -1 or ctypes.get_errno() != answer:
                found.append(f"{name}: {result} {ctypes.get_errno()}")
    return found


def call(number, *arguments):
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return LIBC.syscall(ctypes.c_long(number), *wide)


def trace_the_first_process(*, context):
    return (
        ["traced"] if LIBC.ptrace(16, 1, 0, 0) != -1 or LIBC.ptrace(0x4206, os.getppid(), 0, 0) != -1 else []
    )


def read_the_first_process(*, context):
    """It may be the same user, so its descriptors can be counted, but not followed."""
    found = tried("memory", lambda: os.open("/proc/1/mem", os.O_RDWR))
    for number in range(32):
        found += tried(number, lambda number=number: os.readlink(f"/proc/1/fd/{number}"))
    return found


def make_new_namespaces(*, context):
    found = tried("unshare", lambda: kernel.unshare(0x10000000))
    for flag in (0x10000000, 0x20000000, 0x40000000, 0x20000):
        pid = call(
            seccomp.CLONE[list(seccomp.ARCHITECTURES).index(kernel.machine())],
            flag | signal.SIGCHLD,
            0,
            0,
            0,
            0,
        )
        if pid == 0:
            os._exit(0)
        if pid > 0:
            os.waitpid(pid, 0)
            found.append(f"clone {flag:x}")
    return found


def mount_something(*, context):
    return tried("mounted", lambda: kernel.mount("x", "tmp", "tmpfs", 0))


def change_root(*, context):
    return tried("chroot", lambda: os.chroot("/job"))


def become_root(*, context):
    found = tried("setuid", lambda: os.setresuid(0, 0, 0)) + tried("setgid", lambda: os.setresgid(0, 0, 0))
    found += tried("groups", lambda: os.setgroups([0]))
    status = Path("/proc/self/status").read_text()
    return found + [
        line for line in status.splitlines() if line.startswith("Cap") and int(line.split()[1], 16)
    ]


def be_root(*, context):
    return ["is root"] if 0 in os.getresuid() + os.getresgid() else []


def use_set_uid_programs(*, context):
    found = []
    for program in ("su", "mount", "passwd", "newgrp", "chsh", "sudo"):
        path = shutil.which(program)
        if path:
            done = subprocess.run([path, "--version"], capture_output=True, check=False)
            seen = subprocess.run(["/bin/sh", "-c", "id -u"], capture_output=True, check=False).stdout
            found += ["is root"] if seen.strip() == b"0" else []
            del done
    status = Path("/proc/self/status").read_text()
    return found + ([] if "NoNewPrivs:\t1" in status else ["may gain privileges"])


def raise_limits(*, context):
    found = []
    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC):
        _, hard = resource.getrlimit(kind)
        if hard == resource.RLIM_INFINITY:
            found.append(kind)
        else:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (hard + 1, hard + 1))
                found.append(kind)
    return found


def jump_the_queue(*, context):
    found = tried("nice", lambda: os.setpriority(os.PRIO_PROCESS, 0, -20))
    found += tried("every processor", lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)))
    found += tried("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)))
    return found + tried("out of memory last", lambda: Path("/proc/self/oom_score_adj").write_text("-1000"))


def use_inherited_descriptors(*, context):
    found = []
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            target = os.readlink(f"/proc/self/fd/{name}")
            if not target.startswith(("pipe:", "/dev/null", "/job/lifeline", "/proc/")):
                found.append(target)
    return found


def guess_descriptors(*, context):
    """Numbers that /proc may not show: use each of them."""
    found = []
    for number in range(5, 1024):  # 4 is the pipe on which a worker parts
        with contextlib.suppress(OSError):
            if not os.readlink(f"/proc/self/fd/{number}").startswith(("/job/lifeline", "/proc/")):
                found.append(number)
    return found


def use_devices(*, context):
    found = tried("mknod", lambda: os.mknod("/job/disk", 0o600 | 0o060000, os.makedev(8, 0)))
    for name in ("mem", "kmsg", "sda", "vda", "fuse", "kvm", "net/tun", "tty", "ptmx", "console"):
        found += tried(name, lambda name=name: os.close(os.open(f"/dev/{name}", os.O_RDWR)))
    return found


def type_into_terminals(*, context):
    import fcntl

    found = []
    for request in (0x5412, 0x541C):
        try:
            fcntl.ioctl(1, request, b"x")
        except OSError as refused:
            found += [] if refused.errno == 1 else [f"{request:x}: {refused}"]
    return found


def change_the_machine(*, context):
    import time

    found = tried("host name", lambda: socket.sethostname(socket.gethostname()))
    found += tried("clock", lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))
    for name in ("sys/kernel/core_pattern", "sys/vm/drop_caches", "sys/kernel/hostname", "sysrq-trigger"):
        found += tried(name, lambda name=name: os.close(os.open(f"/proc/{name}", os.O_WRONLY)))
    return found


def learn_about_the_machine(*, context):
    return [
        name
        for name in ("kcore", "kallsyms", "kmsg", "net/tcp", "mounts")
        if Path("/proc", name).is_file() and name != "mounts"
    ]


def see_the_old_mounts(*, secret, context):
    said = Path("/proc/self/mountinfo").read_text()
    return [line for line in said.splitlines() if str(Path(secret).parent) in line.split()[4]]


def signal_the_server(*, server_pid, context):
    return tried("signalled", lambda: os.kill(server_pid, 0))


def signal_everybody(*, server_pid, context):
    """All it can reach is its own run, which goes on."""
    if os.getpid() > 8:
        return ["sees the processes of the machine"]
    with contextlib.suppress(OSError):
        os.kill(-1, signal.SIGCONT)
    found = tried("group", lambda: os.killpg(server_pid, signal.SIGCONT))
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
        with contextlib.suppress(OSError):
            os.kill(1, number)
    return found


def look_at_other_runs(*, context):
    shown = [Path(path) for path in (*sys.path, sys.executable)]  # libraries may lie there, and are seen
    found = [
        str(path) for path in Path("/tmp").iterdir() if not any(one.is_relative_to(path) for one in shown)
    ]
    with contextlib.suppress(PermissionError):
        found += [name for name in os.listdir("/") if name.startswith("run")]
    return found


def link_out_of_the_folder(*, context):
    found = []
    for target in ("/usr/bin/env", "/etc/ld.so.cache", sys.executable):
        found += tried(target, lambda target=target: os.link(target, "/job/out/0000"))
    return found


def leave_a_core(*, context):
    pid = os.fork()
    if pid == 0:
        os.kill(os.getpid(), signal.SIGSEGV)
    os.waitpid(pid, 0)
    return list(Path("/job").glob("core*"))


def hide_in_shared_memory(*, context):
    from multiprocessing import shared_memory

    memory = shared_memory.SharedMemory(create=True, size=1 << 20)
    name = memory.name
    memory.close()
    return [] if Path("/dev/shm", name.lstrip("/")).exists() else ["went elsewhere"]


def find_hidden_shared_memory(*, context):
    return os.listdir("/dev/shm")


def run_what_it_wrote_with_privileges(*, context):
    """A set-uid copy of a shell is only a copy of a shell."""
    shutil.copy("/bin/sh", "/job/tmp/sh")
    with contextlib.suppress(OSError):
        os.chmod("/job/tmp/sh", 0o6755)
    said = subprocess.run(["/job/tmp/sh", "-p", "-c", "id -u"], capture_output=True, check=False).stdout
    return ["is root"] if said.strip() == b"0" else []
