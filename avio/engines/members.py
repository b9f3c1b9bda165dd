"""The members behind an engine, such as mounts and daemons: each is asked by itself whether it answers.

Used in web and admin. Opens no connection by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from avio.errors import AvioError


@dataclass(frozen=True, slots=True)
class Member:
    """`check` returns if the member answers, and raises its AvioError otherwise; it may take many seconds.

    Nothing works without a `vital` member. Of the others, if there are any, the engine needs one.
    """

    name: str
    check: Callable[[], object]
    vital: bool = False


def serves(members: Sequence[Member], answering: Sequence[bool]) -> bool:
    """Return True if an engine can serve with those of its `members` that are `answering`."""
    others = [answers for member, answers in zip(members, answering, strict=True) if not member.vital]
    vital = [answers for member, answers in zip(members, answering, strict=True) if member.vital]
    return all(vital) and (any(others) or not others)


def require(members: Sequence[Member]) -> None:
    """Return if an engine can serve, else raise the error of a member. Asks one member after the other."""
    error: AvioError | None = None
    some = False
    for member in members:
        try:
            member.check()
        except AvioError as raised:
            if member.vital:
                raise
            error = error or raised
        else:
            some = some or not member.vital
    if error is not None and not some:
        raise error
