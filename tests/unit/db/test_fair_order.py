"""Weighted fair order as a rule: shares of starts, first starts, no starvation, and places that fit the order."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from avio.db.fair_order import FairOrder, Part, Standing, Turns, parts, start

WEIGHTS = st.lists(st.integers(1, 6), min_size=2, max_size=6)


class World:
    """Users with ever so many jobs, on some slots whose jobs end one at a time, the oldest first or as drawn."""

    def __init__(self, weights: list[int], slots: int) -> None:
        self.users = {uid: Standing(weight, Turns(0, 0)) for uid, weight in enumerate(weights)}
        self.now, self.slots = Turns(0, 0), slots
        self.running: list[int] = []

    def start_next(self, waiting: list[int], ends: int = 0) -> int:
        """Let one job end if all slots are busy, and the next one start; return whose it is."""
        if len(self.running) == self.slots:
            self.running.pop(ends % self.slots)
        held = Counter(self.running)
        users = {uid: replace(self.users[uid], running=held[uid]) for uid in self.users if uid in waiting or held[uid]}
        order = FairOrder(self.now, self.slots, users)
        first = min(waiting, key=lambda uid: order.key(Part(uid, 0, uid, 1000), 0))
        turns, self.now = start(self.users[first], self.now, 0)
        self.users[first] = replace(self.users[first], turns=turns)
        self.running.append(first)
        return first


@given(WEIGHTS, st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_starts_are_in_proportion_to_weights(weights: list[int], slots: int) -> None:
    world, everybody = World(weights, slots), list(range(len(weights)))
    rounds = 20

    starts = Counter(world.start_next(everybody) for _ in range(rounds * sum(weights)))

    for uid, weight in enumerate(weights):
        # A part of the slots is a whole number, which few slots round up or down.
        assert abs(starts[uid] - rounds * weight) <= max(4, 0.4 * rounds * weight), (weights, slots, starts)


@given(st.integers(2, 6), st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_a_heavier_user_gets_its_share_though_slots_free_up_one_at_a_time(weight: int, slots: int) -> None:
    world = World([1, weight], slots)

    starts = Counter(world.start_next([0, 1]) for _ in range(20 * (1 + weight)))

    assert abs(starts[0] - 20) <= 4, starts


@given(WEIGHTS, st.integers(1, 4), st.integers(0, 60), st.lists(st.integers(0, 3), min_size=20, max_size=20))
@settings(max_examples=40, deadline=None)
def test_whoever_comes_new_is_next(weights: list[int], slots: int, before: int, ends: list[int]) -> None:
    world = World([1, *weights], slots)
    others = list(range(1, len(weights) + 1))
    for number in range(before):
        world.start_next(others, ends[number % 20])

    starts = [world.start_next([0, *others], end) for end in ends[:3]]

    assert 0 in starts[:2]


@given(WEIGHTS, st.integers(1, 4), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_nobody_starves(weights: list[int], slots: int, ends: int) -> None:
    world, everybody = World(weights, slots), list(range(len(weights)))
    since = dict.fromkeys(everybody, 0)
    for number in range(200):
        since[world.start_next(everybody, ends)] = number
        assert all(number - last <= slots + 2 * sum(weights) for uid, last in since.items() if uid not in world.running)


PARTS = st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2), st.integers(0, 9), st.integers(1, 6)), max_size=8)
STANDINGS = st.builds(
    Standing,
    st.integers(1, 4).map(float),
    st.builds(Turns, st.integers(0, 5).map(float), st.integers(0, 5).map(float)),
    st.integers(0, 3),
)


@given(PARTS, st.lists(STANDINGS, min_size=4, max_size=4), st.integers(0, 5), st.integers(0, 8))
@settings(max_examples=40, deadline=None)
def test_the_number_of_jobs_before_one_is_its_place_in_the_order(
    told: list[tuple[int, int, int, int]], users: list[Standing], now: int, slots: int
) -> None:
    unique = {(uid, priority): (uid, priority, float(since), jobs) for uid, priority, since, jobs in told}
    queue = parts(sorted(unique.values(), key=lambda part: (part[0], -part[1])))
    order = FairOrder(Turns(now, now), slots, dict(enumerate(users)))
    in_order = sorted((order.key(part, nth), part.uid, part.before + nth) for part in queue for nth in range(part.jobs))

    assert [order.jobs_before(queue, uid, nth) for _, uid, nth in in_order] == list(range(len(in_order)))
    assert order.jobs_before(queue, 3, 100) is None
