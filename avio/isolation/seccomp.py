"""A seccomp filter: system calls that moving files never needs, and that break out of processes.

Used in the job process, after no_new_privs. They fail with EPERM; everything else is as it was.
"""

import ctypes
import errno
import struct
from collections.abc import Iterator

from avio.isolation.calls import MACHINE, Unavailable, prctl

PR_SET_SECCOMP = 22
MODE_FILTER = 2

# By machine: the kernel's name of its calls, and where its numbers of another set of calls begin.
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000

# Name: number on x86_64, number on aarch64.
DENIED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "mount": (165, 40),
    "umount2": (166, 39),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),  # what is asked through its rings passes no filter
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
}
_CLONE = (56, 220)
_CLONE3 = 435

# Flags of clone that begin a namespace: time, mount, cgroup, uts, ipc, user, pid, net.
_NAMESPACES = 0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def deny() -> None:
    """Deny the calls for this process and all that it begins."""
    if MACHINE not in _ARCHITECTURES:
        raise Unavailable(f"the calls of {MACHINE} are not known")
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in _filter(MACHINE))
    prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(_Program(len(program) // 8, program)))


def _filter(machine: str) -> Iterator[tuple[int, int, int, int]]:
    """Yield instructions: code, how many to jump over if true, if false, operand."""
    column = list(_ARCHITECTURES).index(machine)
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _EQUAL, 1, 0, _ARCHITECTURES[machine]
    yield _RETURN, 0, 0, _FAIL | errno.EPERM
    yield _LOAD, 0, 0, _NUMBER
    if machine == "x86_64":
        yield _AT_LEAST, 0, 1, _X32
        yield _RETURN, 0, 0, _FAIL | errno.EPERM
    for numbers in DENIED.values():
        yield _EQUAL, 0, 1, numbers[column]
        yield _RETURN, 0, 0, _FAIL | errno.EPERM
    # Its flags are in memory, where no filter can see them; who gets ENOSYS takes clone.
    yield _EQUAL, 0, 1, _CLONE3
    yield _RETURN, 0, 0, _FAIL | errno.ENOSYS
    yield _EQUAL, 0, 3, _CLONE[column]
    yield _LOAD, 0, 0, _FIRST_ARGUMENT
    yield _ANY_BIT, 0, 1, _NAMESPACES
    yield _RETURN, 0, 0, _FAIL | errno.EPERM
    yield _RETURN, 0, 0, _ALLOW
