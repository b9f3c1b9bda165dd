"""Landlock: which files a process may read and write, and which TCP ports it may reach. Needs no privilege.

Used in the job process, after no_new_privs. Open files stay open. Linux 5.19 or later.
"""

import os
import stat
import struct
from collections.abc import Collection, Iterable
from contextlib import suppress

from avio.isolation.calls import Unavailable, syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_BENEATH, _PORT = 1, 2

_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_REG, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
_READ = _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE
_CONNECT_AND_BIND, _CONNECT = 3, 2
_ABSTRACT_SOCKETS_AND_SIGNALS = 3

# First versions with: renames between directories, TCP ports, signals.
RENAMES, TCP, SCOPES = 2, 4, 6


def version() -> int:
    """Return the version of the kernel's Landlock. Raise Unavailable if it has none."""
    try:
        return syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)
    except OSError as error:
        raise Unavailable(f"the kernel has no Landlock, or has it disabled ({error.strerror})") from None


def require(least: int) -> None:
    """Return if the kernel's Landlock has version `least` or later. Raise Unavailable otherwise."""
    if version() < least:
        raise Unavailable(f"the kernel has version {version()} of Landlock, this needs {least}")


def confine(writes: Iterable[str], reads: Iterable[str], ports: Collection[int] | None) -> None:
    """Restrict the calling thread and its children to these files and ports. They can't run other programs.

    `writes` and `reads` are files, or directories with all files below. Missing ones are skipped. `ports`
    None leaves TCP unrestricted; otherwise the process can't listen on any port. Signals reach this process alone,
    if the kernel supports that.
    """
    require(RENAMES)  # needed to move a file to its final name
    has = version()
    rights = (1 << {2: 14, 3: 15, 4: 15}.get(has, 16)) - 1  # all rights that this version can deny
    net = _CONNECT_AND_BIND if ports is not None and has >= TCP else 0
    scopes = _ABSTRACT_SOCKETS_AND_SIGNALS if has >= SCOPES else 0
    attributes = struct.pack("QQQ", rights, net, scopes)[: 8 if has < TCP else 16 if has < SCOPES else 24]
    ruleset = syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in writes:
            _allow(ruleset, path, _WRITE & rights)
        for path in reads:
            _allow(ruleset, path, _READ)
        for port in (ports or ()) if net else ():
            syscall(_ADD_RULE, ruleset, _PORT, struct.pack("QQ", _CONNECT, port), 0)
        syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(fd).st_mode):
                rights &= _OF_FILES
            syscall(_ADD_RULE, ruleset, _BENEATH, struct.pack("=Qi", rights, fd), 0)
        finally:
            os.close(fd)
