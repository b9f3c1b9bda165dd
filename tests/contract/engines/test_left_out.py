"""What the local engine can't handle: it goes on with the rest, and names what it leaves out."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import EntryState, Side
from avio.engines.left_out import LeftOut, NameNotHeld
from avio.errors import AccessDenied, PathNotFound, StoreError
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness, OnDisk, outcomes
from tests.contract.engines.lying_store import lying_store
from tests.contract.engines.test_other_bytes import World

DONE = Outcome.DONE
GBK = os.fsdecode(b"/data/d/\xc4\xff\xd0\xcd.pt")


def left_out(world: OnDisk, side: Side, path: str = "/data", *, follow: bool = False) -> dict[str, str]:
    """Return the reason of each path that a walk leaves out."""
    found: list[LeftOut] = []
    list(world.engine.walk(path, depth=None, side=side, follow=follow, left_out=found.append))
    assert len({each.path for each in found}) == len(found), "a path is left out twice"
    return {each.path: each.reason for each in found}


@pytest.fixture
def world(tmp_path: Path) -> FilesHarness:
    """A local engine on a `file://` bucket."""
    made = FilesHarness(tmp_path)
    made.put_all(["/data/d/a", "/data/d/z"])
    return made


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[FilesHarness]:
    """The same, as a user whom the rights of files bind."""
    directory = Path(tempfile.mkdtemp())
    made = FilesHarness(directory)
    made.put_all(["/data/d/a", "/data/z"])
    root = os.geteuid() == 0
    if root:
        for file in (directory, *directory.rglob("*")):
            os.chown(file, 65534, 65534)
        os.seteuid(65534)
    yield made
    if root:
        os.seteuid(0)
    for file in directory.rglob("*"):
        file.chmod(0o755)
    shutil.rmtree(directory)


def test_symlinks_and_special_files_are_left_out_by_name(world: FilesHarness) -> None:
    (world.bucket / "d/link").symlink_to("a")
    (world.bucket / "d/up").symlink_to("..")
    (world.bucket / "d/nowhere").symlink_to("missing")
    os.mkfifo(world.bucket / "d/pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(world.bucket / "s"))
    names = {"/data/d/link": "SYMLINK", "/data/d/up": "SYMLINK", "/data/d/nowhere": "SYMLINK"}
    assert left_out(world, Side.BUCKET) == names | {"/data/d/pipe": "SPECIAL_FILE", "/data/s": "SPECIAL_FILE"}
    assert left_out(world, Side.CACHE) == {}
    assert outcomes(world.preload()) == {"/data/d/a": DONE, "/data/d/z": DONE}
    assert world.engine.stat("/data").left_out == 5
    with pytest.raises(PathNotFound, match="is a symlink"):
        world.engine.stat("/data/d/link")


def test_a_symlink_in_the_cache_is_left_out_of_a_save(world: FilesHarness) -> None:
    world.put_cache("/data/d/ckpt-9", b"9")
    (world.tiers[0] / "data/d/latest").symlink_to("ckpt-9")
    assert left_out(world, Side.CACHE) == {"/data/d/latest": "SYMLINK"}
    assert outcomes(world.save()) == {"/data/d/ckpt-9": DONE}


def test_a_preload_that_follows_loads_what_symlinks_lead_to(world: FilesHarness, tmp_path: Path) -> None:
    # Given a tree as Hugging Face makes it, and symlinks that lead out, back, or to nothing
    (tmp_path / "secret").write_text("secret")
    world.put_all(["/data/blobs/sha"], b"weights")
    (world.bucket / "snap").mkdir()
    (world.bucket / "snap/model").symlink_to("../blobs/sha")
    (world.bucket / "snap/blobs").symlink_to("../blobs")
    (world.bucket / "snap/again").symlink_to("../snap")
    (world.bucket / "snap/out").symlink_to(tmp_path / "secret")
    (world.bucket / "snap/none").symlink_to("missing")
    # When it is loaded
    found: list[LeftOut] = []
    walk = world.engine.walk("/data/snap", depth=None, side=Side.BUCKET, follow=True, left_out=found.append)
    moved = {each.entry.path: each for each in world.engine.preload(walk, Params(), Attempt())}
    # Then the files are there under the names of the symlinks, equal to the bucket, and free to be dropped
    assert outcomes(moved) == {"/data/snap/model": DONE, "/data/snap/blobs/sha": DONE}
    assert world.read_cache("/data/snap/model") == b"weights"
    assert {each.path.removeprefix("/data/snap/") for each in found} == {"again", "out", "none"}
    assert {entry.state for entry in world.recheck(each.entry for each in moved.values()).values()} == {
        EntryState.CACHED
    }
    assert world.engine.stat("/data/snap").saved is True
    assert world.engine.stat("/data/snap/model").state is EntryState.CACHED
    # And only the others count as left out
    assert world.engine.stat("/data/snap").left_out == 3
    assert len(world.engine.list("/data/snap", depth=1, size=10).left_out) == 3
    assert world.engine.free("/data/snap", recursive=True).files == 2


def test_an_unreadable_directory_of_a_bucket_is_one_left_out_path(plain: FilesHarness) -> None:
    (plain.bucket / "lost+found").mkdir(0)
    (plain.bucket / "d/sub").mkdir(0)
    assert left_out(plain, Side.BUCKET) == {"/data/lost+found": "UNREADABLE", "/data/d/sub": "UNREADABLE"}
    assert outcomes(plain.preload()) == {"/data/d/a": DONE, "/data/z": DONE}
    assert plain.paths() == ["/data/d/", "/data/d/a", "/data/z"]
    page = plain.engine.list("/data", depth=1, size=10)
    assert ([entry.path for entry in page.entries], len(page.left_out)) == (["/data/d", "/data/z"], 2)
    with pytest.raises(AccessDenied):
        plain.engine.list("/data/d/sub", depth=1, size=10)


def test_a_directory_that_can_be_read_but_not_entered_leaves_out_its_files(plain: FilesHarness) -> None:
    (plain.bucket / "d").chmod(0o600)
    assert left_out(plain, Side.BUCKET) == {"/data/d/a": "UNREADABLE"}


def test_lost_and_found_at_the_top_of_a_tier_is_no_part_of_the_cache(plain: FilesHarness) -> None:
    plain.tiers[0].mkdir(parents=True)
    (plain.tiers[0] / "lost+found").mkdir(0)
    assert outcomes(plain.preload()) == {"/data/d/a": DONE, "/data/z": DONE}
    assert plain.engine.capacity()[0].used == 14
    assert left_out(plain, Side.CACHE, "/") == {}


def test_a_name_that_is_no_utf8_goes_both_ways(world: FilesHarness) -> None:
    saved = os.fsdecode(b"/data/d/\xa3.ckpt")
    world.put_bucket(GBK, b"model")
    world.put_cache(saved, b"checkpoint")
    assert left_out(world, Side.BUCKET) == left_out(world, Side.CACHE) == {}
    assert outcomes(world.preload())[GBK] is DONE
    assert outcomes(world.save())[saved] is DONE
    assert world.read_cache(GBK) == b"model"
    assert world.read_bucket(saved) == b"checkpoint"
    assert {GBK, saved} < set(world.paths())
    assert world.engine.stat(GBK).state is EntryState.CACHED
    assert world.engine.free(GBK, recursive=False).files == 1


@pytest.mark.parametrize("name", [GBK, "/data/d/a\nb", "/data/d/a\tb", "/data/d/a\x7f"])
def test_a_name_that_a_bucket_cannot_hold_is_left_out_and_the_rest_is_saved(local: OnDisk, name: str) -> None:
    local.put_cache("/data/d/f", b"x")
    local.put_cache(name, b"y")
    unfit = not isinstance(local, FilesHarness)
    assert left_out(local, Side.CACHE) == ({name: "NAME_NOT_HELD"} if unfit else {})
    assert left_out(local, Side.CACHE, name) == ({name: "NAME_NOT_HELD"} if unfit else {})
    assert outcomes(local.save()) == {"/data/d/f": DONE} | ({} if unfit else {name: DONE})
    assert local.engine.stat(name).state is (EntryState.DIRTY if unfit else EntryState.CACHED)
    if unfit:
        entry = local.engine.stat(name)
        [moved] = local.engine.save([entry], Params(), Attempt())
        assert isinstance(moved.error, NameNotHeld)


def test_pages_go_on_after_any_name(local: OnDisk) -> None:
    names = ["/data/a\tb", "/data/a\nb", "/data/a ", "/data/b", os.fsdecode(b"/data/\xff")]
    for name in names:
        local.put_cache(name, b"x")
    local.put_all(["/data/a", "/data/c"])
    found, after = [], None
    while True:
        page = local.engine.list("/data", depth=None, size=1, after=after)
        found += [entry.path for entry in page.entries]
        after = page.after
        if after is None:
            break
    assert found == sorted([*names, "/data/a", "/data/c"])


def test_each_left_out_path_counts_on_one_page(world: FilesHarness) -> None:
    for name in ("b", "d/c", "y", "zz"):
        (world.bucket / name).symlink_to("nowhere")
    for depth in (1, 2, None):
        counts, after = [], None
        while True:
            page = world.engine.list("/data", depth=depth, size=1, after=after)
            counts.append(len(page.left_out))
            after = page.after
            if after is None:
                break
        assert sum(counts) == 4, (depth, counts)


def test_a_path_that_is_too_long_is_left_out(world: FilesHarness) -> None:
    fd = os.open(world.bucket, os.O_RDONLY)
    for _ in range(17):  # each 250 bytes
        os.mkdir("x" * 249, dir_fd=fd)
        below = os.open("x" * 249, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=fd))
    os.close(fd)
    assert set(left_out(world, Side.BUCKET).values()) == {"PATH_TOO_LONG"}
    assert len(outcomes(world.preload())) == 2
    page = world.engine.list("/data", depth=1, size=9)
    assert [entry.path for entry in page.entries] == ["/data/d"]
    assert [left.reason for left in page.left_out] == ["PATH_TOO_LONG"]


def test_a_directory_without_files_is_no_entry_but_what_is_in_it_is_left_out(world: FilesHarness) -> None:
    for directory in ("empty/deep", "links/deep"):
        (world.bucket / directory).mkdir(parents=True)
    (world.bucket / "links/deep/link").symlink_to("nowhere")
    (world.tiers[0] / "data/also/empty").mkdir(parents=True)

    for depth in (1, 2, None):
        page = world.engine.list("/data", depth=depth, size=9)

        assert {entry.path for entry in page.entries} <= {"/data/d", "/data/d/a", "/data/d/z"}
        assert [left.path for left in page.left_out] == ["/data/links/deep/link"]


def test_a_file_with_the_name_of_avios_own_directory_is_left_out_and_no_other(world: FilesHarness) -> None:
    (world.bucket / ".avio").write_bytes(b"an object")
    assert left_out(world, Side.BUCKET) == {"/data/.avio": "NAME_NOT_HELD"}
    assert outcomes(world.preload()) == {"/data/d/a": DONE, "/data/d/z": DONE}
    (world.bucket / ".avio").unlink()

    world.put_cache("/data/.avio/result", b"of a user")
    world.put_cache("/data/result", b"of a user")

    assert left_out(world, Side.SAVE) == {"/data/.avio": "NAME_NOT_HELD"}
    assert outcomes(world.save())["/data/result"] is DONE
    assert world.engine.free("/data", recursive=True).files == 3
    assert world.read_cache("/data/.avio/result") == b"of a user"


def test_an_object_with_that_name_is_left_out_and_no_other(tmp_path: Path) -> None:
    with lying_store() as store:
        world = World(tmp_path, ("s3://b", store.options), 1 << 30)
        store.put(".avio", b"x")
        store.put("f", b"x")
        assert left_out(world, Side.BUCKET) == {"/data/.avio": "KEY_NOT_A_PATH"}
        assert outcomes(world.preload()) == {"/data/f": DONE}


def test_a_cached_file_that_avio_may_not_read_fails_alone(plain: FilesHarness) -> None:
    for name in ("a", "closed", "z"):
        plain.put_cache(f"/data/new/{name}", b"a result")
    (plain.tiers[0] / "data/new/closed").chmod(0)

    moved = plain.save("/data/new")

    assert {path: each.error.reason if each.error else None for path, each in moved.items()} == {  # type: ignore[attr-defined]
        "/data/new/a": None,
        "/data/new/closed": "UNREADABLE",
        "/data/new/z": None,
    }
    assert plain.read_bucket("/data/new/z") == b"a result"


def test_a_directory_of_a_tier_that_avio_may_not_write_to_fails_alone(plain: FilesHarness) -> None:
    closed = plain.tiers[0] / "data/d"
    closed.mkdir(parents=True)
    closed.chmod(0o555)

    moved = plain.preload()

    assert moved["/data/z"].outcome is DONE
    assert isinstance(moved["/data/d/a"].error, StoreError)
    assert "write access" in moved["/data/d/a"].error.cure
