"""Linux calls that Python has no name for, by ctypes. Used by the other files of this room. Standard library only."""

import ctypes
import os

MACHINE = os.uname().machine

_libc = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """This machine does not have the rung; the message says why."""


def prctl(option: int, value: object = 0, third: object = 0) -> int:
    """Return the kernel's answer; OSError when it refuses. The options are those of linux/prctl.h."""
    return _checked(f"prctl({option})", _libc.prctl(option, _wide(value), _wide(third), _wide(0), _wide(0)))


def syscall(number: int, *arguments: object) -> int:
    """Return what system call number `number` answers; OSError when it refuses."""
    return _checked(f"syscall({number})", _libc.syscall(number, *map(_wide, arguments)))


def _wide(argument: object) -> object:
    """Return an integer as the kernel takes it: ctypes alone would pass 32 bits."""
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(name: str, returned: int) -> int:
    if returned < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return returned
