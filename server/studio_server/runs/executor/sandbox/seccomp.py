"""Layer: seccomp. System calls that no tool needs and attackers like are refused by the kernel."""

import ctypes
import errno
import struct

from studio_server.runs.executor.sandbox import kernel

REFUSED: dict[str, tuple[int, int]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "syslog": (103, 116),
    "personality": (135, 92),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "process_madvise": (440, 440),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "vhangup": (153, 58),
    "lookup_dcookie": (212, 18),
    "modify_ldt": (154, -1),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "uselib": (134, -1),
    "ustat": (136, -1),
    "sysfs": (139, -1),
}
"""Refused with EPERM: number on x86_64, number on aarch64 (-1: not there)."""
UNKNOWN: dict[str, tuple[int, int]] = {
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "clone3": (435, 435),
}
"""Answered with ENOSYS: libraries then take the older way, and that one can be looked at."""
CLONE, SOCKET, DEVICE_CONTROL, SOCKET_OPTION = (56, 220), (41, 198), (16, 29), (54, 208)
NEW_NAMESPACES = 0x7E020080
LOCAL, INTERNET, INTERNET_6 = 1, 2, 10
"""Address families: sockets between processes of a run, and with a loopback of its own TCP as well."""
STREAM, TCP = 1, 6
OF_SOCKETS, SEND_BUFFER, RECEIVE_BUFFER = 1, 7, 8
DONE = 0
KIND_BITS = 0xFFF7F7FF
"""All of a socket's type but the flags that may be added to it."""
TYPED_AHEAD = (0x5412, 0x541C)
"""Device controls that put characters into somebody's terminal."""

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
OTHER_NUMBERING = 0x40000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, ONLY_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
NUMBER, ARCHITECTURE, FIRST, SECOND, THIRD = 0, 4, 16, 24, 32
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
SET_MODE_FILTER = 1

Step = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def restrict(*, tcp: bool = False) -> None:
    """Install the filter for this process and all it starts; `no_new_privs` must be set.

    `tcp` is for a run with a loopback of its own: there is nobody else whom it could reach.

    Raises:
        OSError: There is no seccomp, or no list for this processor.
    """
    steps = program(kernel.machine(), tcp=tcp)
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    kernel.system_call("seccomp", SET_MODE_FILTER, 0, ctypes.byref(_Program(len(steps), code)))


def program(machine: str, *, tcp: bool = False) -> list[Step]:
    """The filter as the kernel's little machine executes it.

    Raises:
        OSError: No list for this processor.
    """
    if machine not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"there is no list of system calls for {machine}")
    column = list(ARCHITECTURES).index(machine)
    steps: list[Step] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, ARCHITECTURES[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, OTHER_NUMBERING),
        (RETURN, 0, 0, KILL),
    ]
    for calls, answer in ((REFUSED, errno.EPERM), (UNKNOWN, errno.ENOSYS)):
        for numbers in calls.values():
            steps += _refuse(numbers[column], answer)
    steps += _refuse_if(CLONE[column], FIRST, [(ANY_BIT, 0, 1, NEW_NAMESPACES)], errno.EPERM)
    for request in TYPED_AHEAD:
        steps += _refuse_if(DEVICE_CONTROL[column], SECOND, [(EQUAL, 0, 1, request)], errno.EPERM)
    steps += _refuse_if(SOCKET_OPTION[column], SECOND, LARGER_BUFFERS, DONE)
    steps += _refuse_if(SOCKET[column], FIRST, WITH_TCP if tcp else [(EQUAL, 1, 0, LOCAL)], errno.EACCES)
    return [*steps, (RETURN, 0, 0, ALLOW)]


LARGER_BUFFERS: list[Step] = [
    (EQUAL, 0, 4, OF_SOCKETS),
    (LOAD, 0, 0, THIRD),
    (EQUAL, 1, 0, SEND_BUFFER),
    (EQUAL, 0, 1, RECEIVE_BUFFER),
]
"""Comes to the refusal that follows for a buffer's size: it is memory that nobody is billed for."""
WITH_TCP: list[Step] = [
    (EQUAL, 9, 0, LOCAL),
    (EQUAL, 1, 0, INTERNET),
    (EQUAL, 0, 6, INTERNET_6),
    (LOAD, 0, 0, SECOND),
    (ONLY_BITS, 0, 0, KIND_BITS),
    (EQUAL, 0, 3, STREAM),
    (LOAD, 0, 0, THIRD),
    (EQUAL, 2, 0, 0),
    (EQUAL, 1, 0, TCP),
]
"""Passes over the refusal that follows for a local socket, and for TCP by its name or as the usual stream."""


def _refuse(number: int, answer: int) -> list[Step]:
    return [] if number < 0 else [(EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE | answer)]


def _refuse_if(number: int, argument: int, tests: list[Step], answer: int) -> list[Step]:
    """Look at one argument of one call; the number is loaded again for what follows."""
    body: list[Step] = [(LOAD, 0, 0, argument), *tests, (RETURN, 0, 0, REFUSE | answer), (LOAD, 0, 0, NUMBER)]
    return [(EQUAL, 0, len(body), number), *body]
