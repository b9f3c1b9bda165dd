"""Which members of the engine answer. Each is asked in a thread beside the requests, so that no request waits for it.

Used by web and admin. Keeps the last answer of each member.
"""

import logging
import threading
import time
from dataclasses import dataclass

from avio.engines.base import Engine
from avio.engines.members import Member, serves
from avio.errors import AvioError, EngineAway

FRESH_SECONDS = 2.0  # seconds after which a member is asked again
LATE_SECONDS = 5.0  # seconds for which an earlier good answer counts while a member is asked again

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Watched:
    member: Member
    asked: float = float("-inf")  # when the newest question began
    answered: float = float("-inf")  # when the newest answer came
    error: AvioError | None = None

    @property
    def is_asked(self) -> bool:
        return self.asked > self.answered


@dataclass(frozen=True, slots=True)
class EngineState:
    """`serves` is False if the engine can do nothing. `missing` has each member that is of no use, and its error."""

    serves: bool
    missing: tuple[tuple[Member, AvioError], ...]


class EngineHealth:
    """The members of an engine. Starts its threads at the first question."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._answers = threading.Condition()
        self._watched: list[_Watched] | None = None

    def state(self, wait: float) -> EngineState:
        """Return the state of all members, after `wait` seconds at most."""
        with self._answers:
            watched = self._ask_again()
            self._answers.wait_for(lambda: not any(each.is_asked for each in watched), wait)
            errors = [_present(each) for each in watched]
        members = [each.member for each in watched]
        missing = tuple((member, error) for member, error in zip(members, errors, strict=True) if error is not None)
        return EngineState(serves(members, [error is None for error in errors]), missing)

    def known(self) -> list[tuple[Member, AvioError | None]]:
        """Return each member that has answered, or failed to, with its error. Waits for none."""
        with self._answers:
            watched = [each for each in self._ask_again() if each.answered > float("-inf")]
            return [(each.member, _present(each)) for each in watched]

    def _ask_again(self) -> list[_Watched]:
        """Ask each member whose answer is old, beside the caller. Return all."""
        if self._watched is None:
            self._watched = [_Watched(member) for member in self._engine.members()]
        for each in self._watched:
            if not each.is_asked and time.monotonic() - each.answered > FRESH_SECONDS:
                # It may fail to start, and tells its answer only after the lock is free.
                threading.Thread(target=self._ask, args=(each,), name="member", daemon=True).start()
                each.asked = time.monotonic()
        return self._watched

    def _ask(self, watched: _Watched) -> None:
        error: AvioError | None = None
        try:
            watched.member.check()
        except AvioError as raised:
            error = raised
        except Exception as defect:
            log.exception("the check of a member failed", extra={"member": watched.member.name})
            error = EngineAway(f"its check failed: {defect}")
        before = watched.error
        if error is not None and (before is None or before.message != error.message):
            log.warning("%s: %s; %s", subject(watched.member, error), error.message, error.cure)
        elif error is None and before is not None:
            log.info("%s answers again", watched.member.name)
        with self._answers:
            watched.error = error
            watched.answered = time.monotonic()
            self._answers.notify_all()


def subject(member: Member, error: AvioError) -> str:
    """Return what begins a sentence about `error`: a member that refuses has answered."""
    return f"no answer from {member.name}" if isinstance(error, EngineAway) else member.name


def _present(watched: _Watched) -> AvioError | None:
    """Return the error of a member, as far as it is known now."""
    now = time.monotonic()
    if not watched.is_asked or watched.error is not None:
        return watched.error
    if watched.answered > float("-inf") and now - watched.asked < LATE_SECONDS:
        return None
    return EngineAway(f"it has not answered for {now - watched.asked:.0f} s")
