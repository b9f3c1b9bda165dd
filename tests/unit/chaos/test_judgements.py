"""The judge of `make chaos` can find something wrong: each kind of violation is planted, and reported."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.cached import Cached
from chaos.judgements import Judgements
from chaos.store.hand import HAND
from chaos.store.model import AVIO, Model, md5

USER = "the user"


class World:
    """A model whose clock ticks at each deed, a cache, and their judge."""

    def __init__(self, root: Path) -> None:
        ticks = itertools.count(1)
        self.model = Model(clock=lambda: float(next(ticks)))
        self.root = root
        self.cached = Cached(lambda: root)
        self.judge = Judgements(self.model, self.cached)

    def bring(self, key: str, content: bytes) -> None:
        """Put a file into the cache as avio does."""
        (self.root / key).parent.mkdir(parents=True, exist_ok=True)
        (self.root / key).write_bytes(content)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    for name in ("a", "b"):
        made.model.put(f"t/{name}", name.encode(), USER)
        made.bring(f"t/{name}", name.encode())
    return made


def preload(world: World, *, succeeded: bool = True) -> list[str]:
    return world.judge.preload("t", 3.0, 4.0, succeeded=succeeded)


def test_a_whole_preload_is_right(world: World) -> None:
    assert preload(world) == []


def test_a_missing_file_of_a_succeeded_preload_is_found(world: World) -> None:
    (world.root / "t/b").unlink()
    assert preload(world) == ["t/b is not cached, and existed all the time"]
    assert preload(world, succeeded=False) == []


def test_a_file_that_was_deleted_meanwhile_may_be_missing(world: World) -> None:
    world.model.delete("t/b", HAND)  # at 3.0
    (world.root / "t/b").unlink()
    assert preload(world) == []


@pytest.mark.parametrize("succeeded", [True, False])
def test_bytes_that_never_were_are_found(world: World, succeeded: bool) -> None:
    world.bring("t/a", b"torn")
    assert preload(world, succeeded=succeeded) == ["t/a is cached with bytes that never were"]


def test_the_bytes_of_an_old_version_are_found(world: World) -> None:
    world.model.put("t/a", b"new", HAND)  # at 3.0
    assert preload(world) == []
    assert world.judge.preload("t", 3.5, 4.0, succeeded=True) == ["t/a is cached with bytes that were old"]
    assert world.judge.preload("t", 3.5, 4.0, succeeded=False) == []


def lied(world: World, told: bytes, about: bytes) -> None:
    """Let the store send `told` as the version `about` of t/a, and cache it."""
    world.model.lie("t/a", told, f'"{md5(about)}"')
    world.bring("t/a", told)


@pytest.mark.parametrize(("checked", "succeeded", "is_wrong"), [(True, True, 1), (False, True, 0), (True, False, 0)])
def test_wrong_bytes_as_a_version_are_found_where_checksums_were_compared(
    world: World, checked: bool, succeeded: bool, is_wrong: int
) -> None:
    lied(world, b"X", b"a")
    said = world.judge.preload("t", 3.0, 4.0, succeeded=succeeded, checked=checked)
    why = f"t/a is cached with wrong bytes, and the job compared checksums: {world.model.story('t/a')}"
    assert said == [why] * is_wrong


def test_no_job_can_compare_a_copy_whose_object_was_deleted_meanwhile(world: World) -> None:
    lied(world, b"X", b"a")
    world.model.delete("t/a", HAND)  # at 3.0
    assert world.judge.preload("t", 2.5, 4.0, succeeded=True, checked=True) == []


def test_checksums_of_right_bytes_are_right(world: World) -> None:
    assert world.judge.preload("t", 3.0, 4.0, succeeded=True, checked=True) == []


def test_wrong_bytes_as_an_old_version_are_found(world: World) -> None:
    lied(world, b"X", b"a")
    world.model.put("t/a", b"new", HAND)  # at 3.0
    assert world.judge.preload("t", 3.5, 4.0, succeeded=True) == ["t/a is cached with bytes that were old"]


def test_wrong_bytes_of_another_length_hide_nothing(world: World) -> None:
    lied(world, b"longer", b"a")
    assert preload(world) == ["t/a is cached with bytes that never were"]


def test_an_edited_file_with_wrong_bytes_was_made_from_the_version_that_they_were_sent_as(world: World) -> None:
    lied(world, b"X", b"a")
    world.cached.write("t/a", b"edited")
    world.model.put("t/a", b"edited", AVIO)
    assert world.judge.stored() == (2, [])


def test_a_file_of_nothing_is_found(world: World) -> None:
    world.bring("t/c", b"c")
    assert preload(world) == ["t/c is cached, and never was"]


def test_a_succeeded_save_that_the_bucket_does_not_have_is_found(world: World) -> None:
    world.cached.write("t/new", b"result")
    assert world.judge.save("t", ["t/new"], succeeded=True) == ["t/new is not in the bucket"]
    assert world.judge.save("t", ["t/new"], succeeded=False) == []
    world.model.put("t/new", b"result", AVIO)
    assert world.judge.save("t", ["t/new"], succeeded=True) == []


def test_written_bytes_that_are_lost_before_they_are_saved_are_found(world: World) -> None:
    world.cached.write("t/new", b"result")
    assert world.judge.written() == (1, [])
    (world.root / "t/new").unlink()
    assert world.judge.written() == (1, ["t/new: what was written is lost"])
    world.model.put("t/new", b"result", AVIO)
    assert world.judge.written() == (1, [])


def overwrite(model: Model) -> None:
    model.put("t/a", b"another's", HAND)
    model.put("t/a", b"edited", AVIO)


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        (overwrite, "avio overwrote the version of another hand, which it had not seen"),
        (lambda model: model.put("t/a", b"half", AVIO), "avio stored bytes that the cache never had"),
        (lambda model: model.delete("t/a", AVIO), "avio deleted an object"),
    ],
)
def test_what_avio_must_not_do_to_the_bucket_is_found(world: World, deed: Callable[[Model], object], why: str) -> None:
    world.cached.write("t/a", b"edited")
    deed(world.model)
    looked, wrong = world.judge.stored()
    assert looked == 2
    assert [line for line in wrong if line.startswith(f"t/a: {why}")]


def test_an_edited_file_may_replace_the_version_that_it_was_made_from(world: World) -> None:
    world.cached.write("t/a", b"edited")
    world.model.put("t/a", b"edited", AVIO)
    assert world.judge.stored() == (2, [])
