"""The slots of a node: which attempts have one, and how many are free.

Runs in intake, in memory alone: the database decides who owns a job.
"""

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Slots:
    """The jobs of this node, as far as intake knows; safe to use from all of its threads."""

    slots: int
    _held: dict[str, int] = field(default_factory=dict)
    _draining: bool = False
    _paused: set[str] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def reserve(self, job: str) -> bool:
        """Take a slot for a job that is about to be claimed; False if none is free, or the job has one."""
        with self._changed:
            if not self._has_free() or job in self._held:
                return False
            self._held[job] = 0
            return True

    def assign(self, job: str, attempt: int) -> None:
        """Give the slot of `job` to this attempt, or take one for it."""
        with self._changed:
            self._held[job] = attempt

    def release(self, job: str) -> None:
        """Free the slot of `job`, if it has one."""
        with self._changed:
            self._held.pop(job, None)
            self._changed.notify_all()

    def held(self) -> dict[str, int]:
        """Return the attempts by job; attempt 0 is a claim under way."""
        with self._changed:
            return dict(self._held)

    def free(self) -> int:
        """Return how many more jobs the node could take."""
        with self._changed:
            return self.slots - len(self._held) if self._has_free() else 0

    def drain(self) -> None:
        """Take no further job."""
        with self._changed:
            self._draining = True

    def is_draining(self) -> bool:
        """Return True if no further job is taken for good."""
        with self._changed:
            return self._draining

    def pause(self, paused: bool, part: str = "spool") -> bool:
        """Take no job while any `part` of the node is paused; return True if that is a change of this one."""
        with self._changed:
            changed = paused != (part in self._paused)
            (self._paused.add if paused else self._paused.discard)(part)
            self._changed.notify_all()
            return changed

    def wait_for_slot(self, seconds: float) -> bool:
        """Wait until a slot is free, at most `seconds`; return True if one is."""
        with self._changed:
            return self._changed.wait_for(self._has_free, seconds)

    def _has_free(self) -> bool:
        return not self._draining and not self._paused and len(self._held) < self.slots
