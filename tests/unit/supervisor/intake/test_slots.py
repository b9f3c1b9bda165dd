"""The slots of a node: which attempts have one, and how many are free."""

import threading

import pytest

from supervisor.intake.slots import Slots

LIMIT = 5.0


@pytest.fixture
def slots() -> Slots:
    return Slots(2)


def test_a_node_gives_as_many_slots_as_it_has(slots: Slots) -> None:
    assert slots.reserve("A")
    assert slots.reserve("B")
    assert not slots.reserve("C")
    assert slots.free() == 0

    slots.release("A")

    assert slots.free() == 1
    assert slots.reserve("C")


def test_a_job_gets_no_second_slot(slots: Slots) -> None:
    assert slots.reserve("A")
    assert not slots.reserve("A")


def test_a_claim_under_way_is_attempt_nought(slots: Slots) -> None:
    slots.reserve("A")
    assert slots.held() == {"A": 0}

    slots.assign("A", 3)
    assert slots.held() == {"A": 3}

    slots.release("A")
    slots.release("A")
    assert slots.held() == {}


def test_a_draining_node_gives_nothing_and_keeps_what_it_has(slots: Slots) -> None:
    slots.reserve("A")
    slots.drain()

    assert not slots.reserve("B")
    assert slots.free() == 0
    assert not slots.wait_for_slot(0.01)
    assert slots.held() == {"A": 0}


def test_whoever_waits_for_a_slot_is_told_at_once(slots: Slots) -> None:
    slots.reserve("A")
    slots.reserve("B")
    assert not slots.wait_for_slot(0.01)
    told: list[bool] = []
    waiting = threading.Thread(target=lambda: told.append(slots.wait_for_slot(LIMIT)))
    waiting.start()

    slots.release("A")

    waiting.join(LIMIT / 2)
    assert told == [True]


def test_a_paused_node_gives_no_slot_until_it_goes_on(slots: Slots) -> None:
    assert slots.pause(True)
    assert not slots.pause(True)
    assert (slots.free(), slots.reserve("A")) == (0, False)

    assert slots.pause(False)

    assert (slots.free(), slots.reserve("A")) == (2, True)


def test_two_reasons_to_pause_end_apart() -> None:
    slots = Slots(1)
    assert slots.pause(True)
    assert slots.pause(True, "tiers")
    assert slots.pause(False)
    assert slots.free() == 0
    assert slots.pause(False, "tiers")
    assert slots.free() == 1
