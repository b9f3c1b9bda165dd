"""Which ends of jobs `make chaos` reports."""

import pytest

from chaos.crowd import CROWD
from chaos.endings import wrong_ends
from chaos.node import POISON
from chaos.orders import MOUNT, Ordered
from chaos.store_orders import HOSTILE

ABSENCES = [(10.0, 20.0)]


def found(
    mount: str, state: str, reason: str | None, *, kind: str = "preload", end: float = 9.0, crashes: int = 0
) -> int:
    order = Ordered("j", "k", kind, "t", 1, mount, sent_at=5.0)
    return len(wrong_ends([order], {"j": (state, crashes, reason, end, "why")}, ABSENCES))


@pytest.mark.parametrize("mount", [MOUNT, HOSTILE, CROWD])
def test_success_is_right_anywhere_and_a_fault_of_avio_nowhere(mount: str) -> None:
    assert found(mount, "succeeded", None) == 0
    assert found(mount, "failed", "INTERNAL") == 1
    assert found(mount, "failed", "NODE_FAULT") == 1
    assert found(mount, "running", None) == 1


def test_only_the_hostile_store_may_be_blamed() -> None:
    assert found(HOSTILE, "partial", "CORRUPT") == 0
    assert found(MOUNT, "partial", "CORRUPT") == 1
    assert found(CROWD, "failed", "CACHE_FULL") == 0
    assert found(HOSTILE, "failed", "CACHE_FULL") == 1


def test_a_tier_may_be_missing_only_while_it_was() -> None:
    assert found(MOUNT, "failed", "TIER_NOT_MOUNTED", end=11.0) == 0
    assert found(MOUNT, "failed", "TIER_NOT_MOUNTED", end=9.0) == 1


def test_poison_must_fail_by_its_crashes() -> None:
    assert found(MOUNT, "failed", "CRASHED", kind=POISON, crashes=3) == 0
    assert found(MOUNT, "failed", "CRASHED", kind=POISON, crashes=2) == 1
    assert found(MOUNT, "succeeded", None, kind=POISON) == 1
