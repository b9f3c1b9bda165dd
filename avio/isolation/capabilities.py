"""Capabilities: the parts of root's rights. A job process keeps two of them, and can gain no other.

Used in the job process. Standard library only.
"""

import ctypes
import struct
from contextlib import suppress

from avio.isolation.calls import MACHINE, Unavailable, prctl, syscall

DAC_OVERRIDE, LEASE = 1, 28

# To read and write files of other users in tiers and `file://` buckets (Landlock says where), and to see if another
# user's file is open for writing. Not among them: CHOWN, FOWNER, FSETID, MKNOD, NET_RAW, SETUID, SYS_ADMIN ...
KEPT = frozenset({DAC_OVERRIDE, LEASE})

_PR_CAPBSET_READ, _PR_CAPBSET_DROP = 23, 24
_PR_CAP_AMBIENT, _CLEAR_ALL = 47, 4
_CAPGET_AND_CAPSET = {"x86_64": (125, 126), "aarch64": (90, 91)}
_VERSION = 0x20080522
_SETS = struct.Struct("=6I")  # effective, permitted, inheritable: the lower 32, then the upper 32
_MOST = 64


def give_up() -> None:
    """Give up all capabilities but `KEPT`: those in force, permitted, inheritable, ambient, and in the bounding set."""
    if MACHINE not in _CAPGET_AND_CAPSET:
        raise Unavailable(f"the system calls of {MACHINE} are unknown")
    get, set_ = _CAPGET_AND_CAPSET[MACHINE]
    empty_bounding_set()
    prctl(_PR_CAP_AMBIENT, _CLEAR_ALL)
    own = struct.pack("=Ii", _VERSION, 0)
    sets = ctypes.create_string_buffer(_SETS.size)
    syscall(get, own, sets)
    _, lower, _, _, upper, _ = _SETS.unpack(sets.raw)
    kept = sum(1 << each for each in KEPT) & (lower | upper << 32)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    syscall(set_, own, _SETS.pack(low, low, 0, high, high, 0))


def empty_bounding_set() -> None:
    """Let no program that this process runs gain a capability. Only root can; others have no_new_privs alone."""
    for each in range(_MOST):
        with suppress(OSError):  # no such capability, or no right to do this
            if prctl(_PR_CAPBSET_READ, each):
                prctl(_PR_CAPBSET_DROP, each)
