"""What other programs do to the cache at the worst moment, and what avio says of it."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from avio.engines.base import EntryState, Side
from avio.errors import Gone, StoreError
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness
from tests.contract.engines.lying_store import Store
from tests.contract.engines.test_other_bytes import World

SMALL, LARGE, PARTS = 1000, (1 << 20) + 1000, 9 << 20  # bytes


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


def bind(file: Path) -> None:
    here = Path.cwd()
    os.chdir(file.parent)  # an address is short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(file.name)
    finally:
        os.chdir(here)


OBSTACLES: dict[str, Callable[[Path], None]] = {
    "fifo": os.mkfifo,
    "directory": Path.mkdir,
    "socket": bind,
    "symlink": lambda file: file.symlink_to("g"),
    "dangling": lambda file: file.symlink_to("nowhere"),
}


@pytest.mark.parametrize("kind", OBSTACLES)
def test_what_has_the_name_of_a_file_and_is_none_is_named(tmp_path: Path, kind: str) -> None:
    world = FilesHarness(tmp_path)
    world.put_all(["/data/f", "/data/g"])
    (world.tiers[0] / "data").mkdir(parents=True)
    OBSTACLES[kind](world.tiers[0] / "data/f")

    moved = world.preload()

    assert moved["/data/g"].outcome is Outcome.DONE
    assert isinstance(moved["/data/f"].error, StoreError)
    assert "/data/f is not a plain file; remove it first" in str(moved["/data/f"].error)
    assert moved["/data/f"].tries == 1
    assert world.temporaries() == []


@pytest.mark.parametrize("size", [SMALL, LARGE, PARTS])
@pytest.mark.parametrize("remove", [Path.unlink, lambda file: shutil.rmtree(file.parent)])
def test_a_changed_file_that_is_removed_while_it_is_looked_at_is_no_conflict(
    world: World, store: Store, remove: Callable[[Path], None], size: int
) -> None:
    store.put("d/f", b"old")
    world.preload()
    world.put_cache("/data/d/f", b"a" * size)
    entries = list(world.engine.walk("/data", depth=None, side=Side.CACHE))
    looked = []

    def remove_it(method: str, key: str) -> None:
        if (method, key) == ("HEAD", "d/f") and not looked:
            looked.append(key)
            remove(world.tiers[0] / "data/d/f")

    store.before = remove_it
    (moved,) = world.engine.save(entries, Params(), Attempt())

    assert looked
    assert (moved.outcome, type(moved.error)) == (Outcome.FAILED, Gone)
    assert store.objects["d/f"][0] == b"old"


def _replaced(file: Path) -> None:
    status = file.stat()
    new = file.with_name("new")
    new.write_bytes(b"n" * status.st_size)
    os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
    new.rename(file)


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST"])
@pytest.mark.parametrize("known", [False, True])
def test_a_file_replaced_while_it_is_saved_by_one_of_its_size_and_time_is_never_called_saved(
    world: World, store: Store, method: str, known: bool
) -> None:
    if known:
        store.put("d/f", b"old")
        world.preload()
    world.put_cache("/data/d/f", b"a" * PARTS)
    seen = []

    def replace_it(now: str, key: str) -> None:
        if (now, key) == (method, "d/f") and not seen:
            seen.append(key)
            _replaced(world.tiers[0] / "data/d/f")

    store.before = replace_it
    world.save()

    assert seen
    saved = world.engine.stat("/data/d/f").state is EntryState.CACHED
    assert saved == (store.objects.get("d/f", (b"",))[0] == world.read_cache("/data/d/f"))
    assert store.uploads == {}


@pytest.mark.parametrize("how", ["touched", "copied"])
def test_a_copy_whose_object_was_deleted_is_saved_again_once_a_user_renews_it(tmp_path: Path, how: str) -> None:
    world = FilesHarness(tmp_path)
    world.put_bucket("/data/f", b"as it was")
    world.preload()
    world.drop_bucket("/data/f")
    assert world.save()["/data/f"].outcome is Outcome.KEPT
    copy = world.tiers[0] / "data/f"
    name = "f" if how == "touched" else "g"
    if how == "touched":
        copy.touch()
    else:
        shutil.copyfile(copy, copy.with_name(name))

    assert world.save(f"/data/{name}")[f"/data/{name}"].outcome is Outcome.DONE
    assert world.read_bucket(f"/data/{name}") == b"as it was"
