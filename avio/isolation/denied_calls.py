"""The system calls that `seccomp` denies, by their numbers on each machine. None: the machine has no such call.

Data alone. A call of a kernel that is newer than this list is allowed.
"""

from typing import NamedTuple

# The kernel's name of the calls of a machine. The columns below have this order.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

Numbers = tuple[int | None, int | None]

CLONE3 = 435

# Processes and memory of others, mounts, namespaces, the kernel.
_ISOLATION: dict[str, Numbers] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "iopl": (172, None),
    "ioperm": (173, None),
    "syslog": (103, 116),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),  # calls through its rings bypass the filter
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "listen": (50, 201),  # Landlock sees a bind, but not a listen without one
}

# Rights, owners, times and attributes of files by their path, which Landlock does not restrict. A job gives a new file
# its rights when it creates it.
_FILES: dict[str, Numbers] = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}

ALWAYS = {**_ISOLATION, **_FILES}


class Check(NamedTuple):
    """True if the argument (0 is the first) has any of `bits`, or if its `bits` are `equals`, where that is given."""

    argument: int
    bits: int
    equals: int | None = None


_ANY = 0xFFFFFFFF
_POINTER = 0xFFFFFFFF_FFFFFFFF
_CREATES = 0o20000100  # O_CREAT, or O_TMPFILE; without them `mode` has no meaning
_SET_ID = 0o6000  # S_ISUID, S_ISGID

# Flags of clone that begin a namespace: time, mount, cgroup, uts, ipc, user, pid, net.
_NAMESPACES = 0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000

# Calls that are denied if all checks of one of the alternatives are true.
WITH_ARGUMENTS: dict[str, tuple[Numbers, tuple[tuple[Check, ...], ...]]] = {
    "clone": ((56, 220), ((Check(0, _NAMESPACES),),)),
    # openat2 has its mode in memory. What it creates loses these bits with its first byte, for lack of CAP_FSETID.
    "open": ((2, None), ((Check(1, _CREATES), Check(2, _SET_ID)),)),
    "openat": ((257, 56), ((Check(2, _CREATES), Check(3, _SET_ID)),)),
    "creat": ((85, None), ((Check(1, _SET_ID),),)),
    # Times of an open file only: a call for that has no path.
    "utimensat": ((280, 88), ((Check(1, _POINTER),),)),
    # An access list is a header of 4 bytes with entries of 8. No stamp has such a size.
    "fsetxattr": ((190, 7), ((Check(3, 7, 4),),)),
    # Limits and priorities of this process only.
    "prlimit64": ((302, 261), ((Check(0, _ANY),),)),
    "setpriority": ((141, 140), ((Check(0, _ANY),), (Check(1, _ANY),))),
    "ioprio_set": ((251, 30), ((Check(0, 2),), (Check(1, _ANY),))),
    "sched_setparam": ((142, 118), ((Check(0, _ANY),),)),
    "sched_setscheduler": ((144, 119), ((Check(0, _ANY),),)),
    "sched_setattr": ((314, 274), ((Check(0, _ANY),),)),
    "sched_setaffinity": ((203, 122), ((Check(0, _ANY),),)),
}
