"""Whose job starts next: turns by weight, first starts, priorities and limits, by the queries that nodes use."""

from collections import Counter
from collections.abc import Iterator

import pytest

from avio.db import claims, groups
from avio.db.connection import is_sqlite, transaction
from avio.db.sql import change
from tests.contract.db import given

A, B, C = 1, 2, 3


@pytest.fixture(autouse=True)
def _users(db: str) -> None:
    for name in ("ada", "bob", "cy"):
        given.user(name)
    given.node()


def jobs(uid: int, number: int, since: float, **columns: int) -> None:
    """Queue many jobs of a user at once."""
    extra = "".join(f", {name}" for name in columns), "".join(f", {value}" for value in columns.values())
    numbers = (
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)"
        if is_sqlite()
        else "WITH number (n) AS (SELECT * FROM generate_series(1, ?))"
    )
    change(
        f"INSERT INTO jobs (id, uid, name, type, params, path, state, message, attempt, seq, crashes, losses, run_at,"
        f" total_complete, speed_bps, errors, version, created_at, updated_at{extra[0]}) {numbers} SELECT"
        f" '{uid}-{since}-' || n, {uid}, '', 1, '{{{{}}}}', '/data', 'queued', '', 0, 0, 0, 0, {since}, false, 0,"
        f" '[]', 1, {since}, {since}{extra[1]} FROM number",
        number,
    )


class Slots:
    """The slots of a node: jobs start in the order of the queries, and the one that runs longest ends first."""

    def __init__(self, number: int = 2, stays: int | None = None) -> None:
        """The jobs of the user `stays` never end."""
        self._number, self._stays = number, stays
        self._running: list[tuple[str, int]] = []
        change("UPDATE nodes SET slots = ?", number)

    def start(self, most: int) -> list[int]:
        """Let up to `most` jobs start, one after the other; return whose."""
        return [uid for _ in range(most) for uid in self._start_one()]

    def _start_one(self) -> Iterator[int]:
        if len(self._running) == self._number:
            over = next(each for each in self._running if each[1] != self._stays)
            self._running.remove(over)
            change(
                "UPDATE jobs SET state = 'succeeded', node = NULL, node_epoch = NULL, finished_at = 1 WHERE id = ?",
                over[0],
            )
        for job in claims.due(8)[:1]:
            claimed = given.claim_due(job)
            self._running.append((claimed.job, claimed.uid))
            yield claimed.uid


def weigh(name: str, weight: int) -> None:
    groups.set_user(name, {"weight": weight})


def test_a_thousand_jobs_of_one_user_keep_no_other_waiting() -> None:
    weigh("cy", 3)
    with transaction():
        slots = Slots()
        jobs(A, 1000, 1.0)
        first = slots.start(10)
        jobs(B, 1, 2.0)
        jobs(C, 20, 3.0)
        then = slots.start(60)

    assert first == [A] * 10
    assert then.index(B) <= 2
    assert then.index(C) <= 2
    assert Counter(then[:28])[C] >= 19, then  # 3 of 4
    assert set(then[32:]) == {A}


def test_who_was_away_saves_up_no_more_than_one_start() -> None:
    with transaction():
        slots = Slots(1)
        jobs(A, 60, 1.0)
        slots.start(12)
        jobs(B, 50, 2.0)
        starts = slots.start(10)

    assert starts[0] == B
    assert Counter(starts)[B] in (5, 6)


def test_long_jobs_of_one_user_do_not_take_all_slots_from_short_ones() -> None:
    with transaction():
        jobs(A, 50, 1.0)
        jobs(B, 50, 2.0)
        starts = Slots(stays=A).start(10)

    assert Counter(starts) == {A: 1, B: 9}


def test_a_group_shares_its_weight_among_its_users() -> None:
    groups.put("vision", {"weight": 2})
    for name in ("ada", "bob"):
        groups.set_user(name, {"group_name": "vision"})
    weigh("cy", 2)
    with transaction():
        for number, uid in enumerate((A, B, C)):
            jobs(uid, 100, float(number))
        starts = Counter(Slots(1).start(24))

    assert abs(starts[C] - 12) <= 1
    assert abs(starts[A] - starts[B]) <= 1


def test_a_higher_priority_overtakes_jobs_of_the_same_user_and_of_others() -> None:
    given.node("n2")
    jobs(A, 3, 1.0)
    mine, urgent, low = given.job(A, run_at=2), given.job(B, run_at=3, priority=5), given.job(C, run_at=0, priority=-1)
    change("UPDATE jobs SET priority = 1 WHERE id = ?", mine)

    assert claims.due(2) == [urgent, mine]
    assert claims.due(10)[-1] == low


def test_very_many_jobs_of_many_users_may_be_refused_at_once() -> None:
    with transaction():
        for uid in (A, B, C):
            jobs(uid, 1000, 1.0)
    refused = [f"{uid}-1.0-{number}" for uid in (A, B, C) for number in range(1, 1000)]
    others = [f"x{number}" for number in range(7000)]

    assert sorted(claims.due(8, [*refused, *others])) == ["1-1.0-1000", "2-1.0-1000", "3-1.0-1000"]


def test_urgent_jobs_take_nothing_from_the_shares_of_the_others() -> None:
    with transaction():
        jobs(B, 9, 1.0, priority=5)
        jobs(A, 50, 1.0)
        jobs(C, 50, 2.0)
        jobs(B, 20, 3.0)
        starts = Slots(1).start(20)

    assert starts[:9] == [B] * 9
    assert starts.index(B, 9) <= 11
    assert abs(Counter(starts[9:])[A] - Counter(starts[9:])[C]) <= 1
