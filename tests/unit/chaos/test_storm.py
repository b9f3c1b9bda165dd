"""The faults of a storm: each comes, what a world can't have is left out, and nothing stays broken afterwards."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from chaos import storm as tested
from chaos.sick_redis import SICKNESSES
from chaos.storm import Storm


class Disk:
    def __init__(self, *, freezes: bool) -> None:
        self.freezes, self.is_frozen = freezes, False

    def freeze(self) -> bool:
        self.is_frozen = True
        return True

    def thaw(self) -> None:
        self.is_frozen = False


def storm(*, freezes: bool = True, parts: tuple[str, ...] = ("web",)) -> tuple[Storm, Any]:
    world: Any = SimpleNamespace(
        disk=Disk(freezes=freezes), clocks=SimpleNamespace(parts=parts), redis=SimpleNamespace(url="redis://nowhere")
    )
    return Storm(world, random.Random(1)), world


def test_each_fault_comes_once_before_any_comes_twice() -> None:
    made, _ = storm()
    names = [made._next() for _ in made._faults]
    assert sorted(names) == sorted(made._faults)
    assert made._next() in made._faults
    assert {each.name for each in SICKNESSES} | {"frozen disk of a tier", "step of a wall clock"} <= set(names)


def test_what_a_world_can_t_have_is_left_out() -> None:
    made, _ = storm(freezes=False, parts=())
    assert not {"frozen disk of a tier", "step of a wall clock"} & set(made._faults)


def test_a_disk_that_was_frozen_and_a_redis_that_was_made_sick_are_well_when_it_is_calm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tested, "FROZEN", (0.05, 0.1))
    done: list[str] = []
    monkeypatch.setattr(tested, "sicken", lambda _, sickness: done.append(sickness.name) or True)
    monkeypatch.setattr(tested, "heal", lambda _: done.append("healed"))
    made, world = storm()

    assert made._faults["frozen disk of a tier"][1]()
    assert made._faults["full Redis"][1]()
    assert world.disk.is_frozen
    made.calm_down()

    assert not world.disk.is_frozen
    assert done == ["full Redis", "healed", "healed"]
