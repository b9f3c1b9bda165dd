"""Linux system calls that Python lacks, by ctypes. Used by the other modules of this package. Standard library only."""

import ctypes
import os

MACHINE = os.uname().machine

_libc = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """The machine does not support a rung. The message says why."""


def prctl(option: int, value: object = 0, third: object = 0) -> int:
    """Call the system call prctl with an option of linux/prctl.h. Return the result, or raise OSError."""
    return _checked(f"prctl({option})", _libc.prctl(option, _wide(value), _wide(third), _wide(0), _wide(0)))


def syscall(number: int, *arguments: object) -> int:
    """Make system call `number`. Return the result, or raise OSError."""
    return _checked(f"syscall({number})", _libc.syscall(number, *map(_wide, arguments)))


def _wide(argument: object) -> object:
    """Return an integer of 64 bits for the kernel. ctypes alone passes 32 bits."""
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(name: str, returned: int) -> int:
    if returned < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return returned
