"""Trials of a job process with the rights of files, of processes and of root. Used by `trial`."""

import os
import resource
import socket
import stat
import struct
from collections.abc import Callable
from pathlib import Path

from avio.engines.local.stamps import ObjectName, stamp_new
from avio.isolation.calls import syscall

OPENAT2 = 437
AT_FDCWD = -100

# Rights of owner, of the user 61184, of the group, of the mask, of all others: an access list as the kernel has it.
ACCESS_LIST = struct.pack(
    "<I" + "HHI" * 5, 2, 1, 6, 0xFFFFFFFF, 2, 6, 61184, 4, 4, 0xFFFFFFFF, 16, 6, 0xFFFFFFFF, 32, 4, 0xFFFFFFFF
)


def capabilities() -> dict[str, int]:
    """Return the sets of this process: CapInh, CapPrm, CapEff, CapBnd, CapAmb."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return {name: int(value, 16) for name, _, value in (line.partition(":\t") for line in lines) if "Cap" in name}


def opened(file: Path) -> int:
    """Return a new file, open for writing and reading."""
    return os.open(file, os.O_RDWR | os.O_CREAT, 0o644)


def stamp(file: Path) -> None:
    """Do what every download does with its file."""
    fd = opened(file)
    os.utime(fd, ns=(1, 1))
    for size in (10**digits for digits in range(8)):  # texts of eight lengths
        if not stamp_new(fd, ObjectName("object"), size, 1, None):
            raise OSError(95, "no stamp")


def set_id_by_openat2(file: Path) -> None:
    """Create a file with content and the set-user-ID bit, by a call whose mode no filter can see."""
    how = struct.pack("QQQ", os.O_RDWR | os.O_CREAT, 0o4755, 0)
    fd = syscall(OPENAT2, AT_FDCWD, os.fsencode(file), how, len(how))
    os.write(fd, b"#!/bin/sh\n")
    if not os.fstat(fd).st_mode & stat.S_ISUID:
        raise PermissionError(1, "the bit is gone")


def read_and_write(file: Path) -> None:
    """Use a file of another user."""
    file.write_bytes(file.read_bytes())


def trials(home: Path, parent: int) -> dict[str, Callable[[], object]]:
    """Return the trials by name. `parent` is the pid of keeper."""
    secret, tier = home / "outside" / "secret", home / "tier"
    return {
        "stamp": lambda: stamp(tier / "stamped"),
        "chmod": lambda: os.chmod(secret, 0o666),
        "chmod an open file": lambda: os.fchmod(opened(tier / "f"), 0o666),
        "chown": lambda: os.chown(secret, -1, os.getgid()),
        "chown an open file": lambda: os.fchown(opened(tier / "f"), -1, os.getgid()),
        "times by path": lambda: os.utime(secret),
        "attribute by path": lambda: os.setxattr(secret, "user.x", b"1"),
        "access list": lambda: os.setxattr(opened(tier / "f"), "system.posix_acl_access", ACCESS_LIST),
        "setuid file": lambda: os.open(tier / "setuid", os.O_CREAT | os.O_WRONLY, 0o4755),
        "setgid file": lambda: os.open(tier / "setgid", os.O_CREAT | os.O_WRONLY, 0o2755),
        "setuid file by openat2": lambda: set_id_by_openat2(tier / "openat2"),
        "fifo": lambda: os.mkfifo(home / "attempt" / "fifo"),
        "listen without a port": lambda: socket.socket().listen(),
        "limits of keeper": lambda: resource.prlimit(parent, resource.RLIMIT_CORE),
        "priority of keeper": lambda: os.setpriority(os.PRIO_PROCESS, parent, os.getpriority(os.PRIO_PROCESS, parent)),
        "processors of keeper": lambda: os.sched_setaffinity(parent, os.sched_getaffinity(0)),
        "priority of its group": lambda: os.setpriority(os.PRIO_PGRP, 0, os.nice(0)),
        "raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(),
        "file of another": lambda: read_and_write(tier / "of another"),
    }
