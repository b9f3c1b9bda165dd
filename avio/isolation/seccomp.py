"""A seccomp filter: denies system calls that a job never needs and that could break its isolation.

Used in the job process, after no_new_privs. Denied calls fail with EPERM; all others work as before. The calls are in
`denied_calls`, by machine.
"""

import ctypes
import errno
import struct
from collections.abc import Iterable

from avio.isolation.calls import MACHINE, Unavailable, prctl
from avio.isolation.denied_calls import ALWAYS, ARCHITECTURES, CLONE3, WITH_ARGUMENTS, Check

PR_SET_SECCOMP = 22
MODE_FILTER = 2

_X32 = 0x40000000  # the first number of another set of calls, on x86_64
_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # places in struct seccomp_data
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_WORD = 0xFFFFFFFF

# Code, how many instructions to jump over if true, if false, operand.
Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def deny() -> None:
    """Deny the calls for this process and all of its children."""
    if MACHINE not in ARCHITECTURES:
        raise Unavailable(f"the system calls of {MACHINE} are unknown")
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in _filter(MACHINE))
    prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(_Program(len(program) // 8, program)))


def _filter(machine: str) -> list[Instruction]:
    column = list(ARCHITECTURES).index(machine)
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, ARCHITECTURES[machine]),
        _fail(errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        program += [(_AT_LEAST, 0, 1, _X32), _fail(errno.EPERM)]
    # The flags of clone3 are in memory, where a filter can't see them. After ENOSYS the C library uses clone.
    program += [(_EQUAL, 0, 1, CLONE3), _fail(errno.ENOSYS)]
    for numbers in ALWAYS.values():
        if (number := numbers[column]) is not None:
            program += [(_EQUAL, 0, 1, number), _fail(errno.EPERM)]
    for numbers, alternatives in WITH_ARGUMENTS.values():
        if (number := numbers[column]) is not None:
            body = [each for checks in alternatives for each in _if_all(checks)]
            program += [(_EQUAL, 0, len(body) + 1, number), *body, (_RETURN, 0, 0, _ALLOW)]
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _if_all(checks: Iterable[Check]) -> list[Instruction]:
    """Return what fails with EPERM if all checks are true, and goes on behind otherwise."""
    body = [_fail(errno.EPERM)]
    for check in reversed(tuple(checks)):
        low = _ARGUMENTS + 8 * check.argument
        if check.equals is not None:
            test = [(_LOAD, 0, 0, low), (_AND, 0, 0, check.bits), (_EQUAL, 0, len(body), check.equals)]
        elif check.bits <= _WORD:
            test = [(_LOAD, 0, 0, low), (_ANY_BIT, 0, len(body), check.bits)]
        else:  # both halves
            test = [(_LOAD, 0, 0, low), (_ANY_BIT, 2, 0, check.bits & _WORD)]
            test += [(_LOAD, 0, 0, low + 4), (_ANY_BIT, 0, len(body), check.bits >> 32)]
        body = [*test, *body]
    return body


def _fail(number: int) -> Instruction:
    return _RETURN, 0, 0, _FAIL | number
