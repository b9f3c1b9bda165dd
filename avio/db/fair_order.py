"""Whose job starts next: weighted fair order. Pure: it is told what the database has.

Each user has a turn, which rises by 1 / weight with each start of a job; the lowest turn is next. The present turn is
that of the user who started last. Who comes back begins one start before it: nobody saves up more. Jobs with a priority
above 0 have turns of their own, and take nothing from the shares of the others.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

# Turns are sums of fractions: what is equal but for their rounding is equal.
DIGITS = 6

Key = tuple[int, float, float, float, int]


@dataclass(frozen=True, slots=True)
class Turns:
    """Two turns: of jobs with a priority above 0, which come before all others, and of these others."""

    others: float
    urgent: float

    def of(self, priority: int) -> float:
        """Return the turn of jobs of a priority."""
        return self.urgent if priority > 0 else self.others

    def set(self, priority: int, turn: float) -> "Turns":
        """Return the turns with another one for jobs of a priority."""
        return replace(self, **{"urgent" if priority > 0 else "others": turn})


@dataclass(frozen=True, slots=True)
class Standing:
    """A user with jobs: weight (among all users), turns, and how many jobs nodes have of the user."""

    weight: float
    turns: Turns
    running: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """The queued jobs of a user with one priority: how many, and when the oldest of them came.

    `before` is the number of the user's jobs of higher priorities, `urgent` how many of these are above 0.
    """

    uid: int
    priority: int
    since: float
    jobs: int
    before: int = 0
    urgent: int = 0


def parts(found: Iterable[tuple[int, int, float, int]]) -> list[Part]:
    """Return the parts of the queue: uid, priority, time of the oldest and number are told, higher priorities first."""
    made: list[Part] = []
    before: dict[int, tuple[int, int]] = {}
    for uid, priority, since, jobs in found:
        made.append(Part(uid, priority, since, jobs, *before.get(uid, (0, 0))))
        all_, urgent = before.get(uid, (0, 0))
        before[uid] = all_ + jobs, urgent + (jobs if priority > 0 else 0)
    return made


def start(user: Standing, now: Turns, priority: int) -> tuple[Turns, Turns]:
    """Return the turns of the user and the present ones after the start of a job of the user."""
    begun = _begin(user, now, priority)
    after = now.set(priority, max(now.of(priority), begun))
    return user.turns.set(priority, begun + 1 / user.weight), after


def _begin(user: Standing, now: Turns, priority: int) -> float:
    """Return the turn at which the next job of the user starts: at most one start was saved up."""
    return max(user.turns.of(priority), now.of(priority) - 1 / user.weight)


@dataclass(frozen=True)
class FairOrder:
    """The order of the queue. `now` are the present turns, `slots` those of all nodes, `users` are by uid."""

    now: Turns
    slots: int
    users: Mapping[int, Standing]

    def key(self, part: Part, nth: int) -> Key:
        """Return what the `nth` job of a part, from 0, is sorted by: the least is claimed first."""
        return self._keys(part)(nth)

    def _keys(self, part: Part) -> Callable[[int], Key]:
        """Return what gives the keys of a part.

        A user with as many slots as the weight gives comes after those with fewer: else who has long jobs would have
        all slots in the end. Within their slots users take turns.
        """
        user = self.users[part.uid]
        weight, turn, begin = user.weight, user.turns.of(part.priority), _begin(user, self.now, part.priority)
        starts = part.before - (0 if part.priority > 0 else part.urgent)
        above = user.running + part.before + 1 - self._slots[part.uid]

        def key(nth: int) -> Key:
            own_turn = begin + (starts + nth) / weight if starts + nth else turn
            return -part.priority, max(0, above + nth) / weight, round(own_turn, DIGITS), part.since, part.uid

        return key

    def jobs_before(self, queue: Sequence[Part], uid: int, nth: int) -> int | None:
        """Return how many jobs come before the `nth` job of a user, from 0. None if the user has fewer by now."""
        of_user = (part for part in queue if part.uid == uid)
        own = next((part for part in of_user if part.before <= nth < part.before + part.jobs), None)
        if own is None:
            return None
        key = self.key(own, nth - own.before)
        return sum(self._jobs_below(part, key) for part in queue)

    def _jobs_below(self, part: Part, key: Key) -> int:
        if part.priority != -key[0]:
            return part.jobs if part.priority > -key[0] else 0
        return bisect_left(range(part.jobs), key, key=self._keys(part))

    @cached_property
    def _slots(self) -> dict[int, int]:
        """How many slots the weight of each user gives, at least one."""
        weights = sum(user.weight for user in self.users.values())
        return {
            uid: max(1, ceil(round(self.slots * user.weight / weights, DIGITS))) for uid, user in self.users.items()
        }
