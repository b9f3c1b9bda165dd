"""A save that follows symlinks saves what they lead to inside their mount, under their names, and nothing else.

The files behind the symlinks keep their own marks: whether they are saved themselves is another question.
"""

import os
from pathlib import Path

import pytest

from avio.engines.base import Entry, EntryState, Moved, Side
from avio.engines.factory import open_engine
from avio.engines.left_out import LeftOut
from avio.engines.local.buckets import multipart
from avio.engines.local.followed import FollowedTier
from avio.engines.local.mounts import open_mounts
from avio.engines.local.root import Root
from avio.engines.local.tiers import TierDirectory
from avio.errors import NotSaved, SourceChanged
from avio.plain_file import NotPlain
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, OnDisk, outcomes, settings
from tests.contract.engines.lying_store import Reply, Store, error
from tests.contract.engines.test_many_puts import put_many, put_old
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_shared_work import share
from tests.unit.engines.movers.thread_movers import Fleet

FOLLOW = Params(symlinks="follow")
LARGE = 9 << 20  # bytes of a file that goes in parts


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


def walked(world: OnDisk, path: str = "/data", side: Side = Side.SAVE) -> tuple[list[Entry], dict[str, str]]:
    """Return what a job that follows lists, and why it leaves the rest out."""
    left: list[LeftOut] = []
    entries = list(world.engine.walk(path, depth=None, side=side, follow=True, left_out=left.append))
    return entries, {each.path: each.reason for each in left}


def saved(world: OnDisk, path: str = "/data", params: Params = FOLLOW) -> dict[str, Moved]:
    """Save as a job does, and have all that was moved checked as at its end."""
    entries, _ = walked(world, path)
    unsaved = [entry for entry in entries if not entry.saved]
    moved = {each.entry.path: each for each in world.engine.save(iter(unsaved), params, Attempt())}
    done = [each.entry for each in moved.values() if each.outcome is Outcome.DONE]
    checked = world.engine.recheck(iter(done), params, Attempt(), original=True)
    assert {entry.path: entry.state for entry in checked} == {entry.path: EntryState.CACHED for entry in done}
    return moved


def link(world: OnDisk, path: str, target: str | Path) -> None:
    """Make a symlink in the first tier."""
    file = world.tiers[0] / path[1:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(target)


@pytest.mark.parametrize("size", [10, LARGE])
def test_files_and_directories_are_saved_under_the_names_of_their_symlinks(
    world: World, store: Store, size: int
) -> None:
    content = os.urandom(size)
    put_old(world, "/data/run/ckpt-9/model", content)
    link(world, "/data/run/best", "ckpt-9/model")
    link(world, "/data/run/latest", "ckpt-9")
    link(world, "/data/again/far/model", "../../run/latest/model")

    moved = saved(world)

    names = {"run/ckpt-9/model", "run/best", "run/latest/model", "again/far/model"}
    assert outcomes(moved) == {f"/data/{name}": Outcome.DONE for name in names}
    assert {key: body for key, (body, *_) in store.objects.items()} == dict.fromkeys(names, content)
    # The file itself counts as saved by its own mark, and a second job has nothing to do.
    assert world.engine.stat("/data/run/ckpt-9/model").state is EntryState.CACHED
    puts = store.count("PUT")
    entries, _ = walked(world)
    assert {entry.path for entry in entries if entry.saved} == {f"/data/{name}" for name in names}
    assert store.count("PUT") == puts


def test_an_unsaved_file_stays_so_when_its_symlink_alone_is_saved(world: World, store: Store) -> None:
    put_old(world, "/data/a/model", b"weights")
    link(world, "/data/b/model", "../a/model")
    assert outcomes(saved(world, "/data/b")) == {"/data/b/model": Outcome.DONE}
    assert set(store.objects) == {"b/model"}
    assert world.engine.stat("/data/a/model").state is EntryState.DIRTY
    assert outcomes(saved(world)) == {"/data/a/model": Outcome.DONE}


def test_one_symlink_and_those_of_a_directory_are_named_by_an_order(world: World, store: Store) -> None:
    put_old(world, "/data/a/model", b"weights")
    link(world, "/data/b/model", "../a/model")
    assert outcomes(saved(world, "/data/b/model")) == {"/data/b/model": Outcome.DONE}
    assert set(store.objects) == {"b/model"}


def test_files_keep_their_marks_when_their_symlinks_are_saved_beside_many_small_files(
    world: World, store: Store
) -> None:
    paths = put_many(world, 40)
    assert set(outcomes(saved(world)).values()) == {Outcome.DONE}
    before = [os.listxattr(world.tiers[0] / path[1:]) for path in paths]
    assert all(before)
    for number in range(5):
        link(world, f"/data/some/{number}", f"../many/{number:04d}.json")

    assert outcomes(saved(world)) == {f"/data/some/{number}": Outcome.DONE for number in range(5)}

    assert store.objects["some/3"][0] == paths[3].encode()
    assert [os.listxattr(world.tiers[0] / path[1:]) for path in paths] == before


def test_movers_save_them_too(world: World, store: Store) -> None:
    paths = put_many(world, 120)
    for number in range(30):
        link(world, f"/data/some/{number:03}", f"../many/{number:04d}.json")
    fleet = share(world, most=2)
    try:
        moved = saved(world)
    finally:
        Fleet.made.remove(fleet)
        fleet.close()
    names = [f"/data/some/{number:03}" for number in range(30)]
    assert outcomes(moved) == dict.fromkeys([*paths, *names], Outcome.DONE)
    assert [store.objects[name.removeprefix("/data/")][0] for name in names] == [path.encode() for path in paths[:30]]


def test_what_leads_out_back_or_to_nothing_is_left_out_by_name(world: World, store: Store, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/f").write_bytes(b"secret")
    put_old(world, "/data/d/f", b"f")
    put_old(world, "/other/f", b"secret")
    inside = world.tiers[0] / "data/d/f"
    os.mkfifo(world.tiers[0] / "data/d/pipe")
    for name, target in {
        "out": tmp_path / "secret",
        "outs": tmp_path / "secrets",
        "up": "../../../../secret",
        "absolute": inside,
        "other": "../../other/f",
        "others": "../../other",
        "book": "../../.avio/book",
        "hidden": "../../.avio",
        "top": "../..",
        "loop": "loop",
        "none": "missing",
        "back": "..",
        "here": ".",
        "to-pipe": "pipe",
        "proc": "/proc/self/environ",
    }.items():
        link(world, f"/data/d/{name}", target)

    entries, left = walked(world)

    assert [entry.path for entry in entries] == ["/data/d/f"]
    reasons = {f"/data/d/{each.name}": "SYMLINK" for each in (world.tiers[0] / "data/d").iterdir() if each.is_symlink()}
    # `back` leads to the directory of the mount, which has `d` again: that is where the walk meets itself.
    assert len(reasons) == 15
    assert left == reasons | {"/data/d/pipe": "SPECIAL_FILE"}
    assert outcomes(saved(world)) == {"/data/d/f": Outcome.DONE}
    assert {key: body for key, (body, *_) in store.objects.items()} == {"d/f": b"f"}


def test_a_symlink_into_a_nested_mount_is_left_out(tmp_path: Path, store: Store) -> None:
    for name in ("outer", "inner"):
        (tmp_path / name).mkdir()
    mounts: dict[str, tuple[str, dict[str, str]]] = {
        "/data": (f"file://{tmp_path}/outer", {}),
        "/data/in": (f"file://{tmp_path}/inner", {}),
    }
    engine = open_engine(settings(mounts, tmp_path / "tiers"))
    tier = tmp_path / "tiers/MEM/data"
    (tier / "in").mkdir(parents=True)
    (tier / "in/secret").write_bytes(b"secret")
    (tier / "f").write_bytes(b"f")
    (tier / "link").symlink_to("in/secret")
    (tier / "links").symlink_to("in")
    (tier / "in/back").symlink_to("../f")
    left: list[LeftOut] = []
    found = engine.walk("/data", depth=None, side=Side.SAVE, follow=True, left_out=left.append)
    assert [entry.path for entry in found] == ["/data/f", "/data/in/secret"]
    assert {each.path: each.reason for each in left} == dict.fromkeys(
        ["/data/link", "/data/links", "/data/in/back"], "SYMLINK"
    )


def test_what_is_put_in_the_place_of_a_resolved_file_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "tier/data").mkdir(parents=True)
    (tmp_path / "tier/data/model").symlink_to(tmp_path / "secret")
    (tmp_path / "tier/data/link").symlink_to("model")
    monkeypatch.setattr(Root, "real_name", lambda root, name: "data/model")
    mounts = open_mounts({"/data": {"url": "s3://b", "options": {"skip_signature": "true"}}})
    tier = FollowedTier(TierDirectory("MEM", str(tmp_path / "tier"), 1 << 30), mounts)
    with pytest.raises(NotPlain), tier.opened("/data/link"):
        pass
    assert tier.open_if_there("/data/link") is None


@pytest.mark.parametrize("size", [10, LARGE])
def test_a_target_that_is_replaced_by_a_symlink_to_the_outside_is_not_followed(
    world: World, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    (tmp_path / "secret").write_bytes(b"s" * size)
    put_old(world, "/data/model", b"x" * size)
    link(world, "/data/link", "model")
    entries, _ = walked(world)
    (entry,) = (each for each in entries if each.path == "/data/link")
    real_name = Root.real_name
    target = world.tiers[0] / "data/model"

    def resolved(root: Root, name: str) -> str | None:
        found = real_name(root, name)
        if not target.is_symlink():
            target.unlink()
            target.symlink_to(tmp_path / "secret")
        return found

    monkeypatch.setattr(Root, "real_name", resolved)
    (moved,) = world.engine.save(iter([entry]), FOLLOW, Attempt())
    assert moved.outcome is Outcome.FAILED
    assert "link" not in store.objects


def test_a_target_that_changes_while_it_is_sent_is_not_saved(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> bool:
        raise AssertionError("a changed file is sent once more")

    monkeypatch.setattr(multipart, "sleep", never)
    put_old(world, "/data/model", b"x" * LARGE)
    link(world, "/data/link", "model")
    entries, _ = walked(world)
    (entry,) = (each for each in entries if each.path == "/data/link")

    def write(method: str, key: str) -> Reply | None:
        if method != "PUT":
            return None
        with open(world.tiers[0] / "data/model", "r+b") as model:  # in place: it never becomes shorter
            model.write(b"y" * LARGE)
        return error(400, "BadDigest")

    store.before = write
    (moved,) = world.engine.save(iter([entry]), FOLLOW, Attempt())
    assert isinstance(moved.error, SourceChanged)
    assert "link" not in store.objects


def test_a_change_of_the_target_is_a_conflict_that_an_option_decides(world: World, store: Store) -> None:
    put_old(world, "/data/model", b"first")
    link(world, "/data/link", "model")
    saved(world)
    put_old(world, "/data/model", b"second one")

    moved = saved(world)

    assert moved["/data/model"].outcome is Outcome.DONE
    assert isinstance(moved["/data/link"].error, NotSaved)
    assert store.objects["link"][0] == b"first"
    decided = saved(world, params=Params(symlinks="follow", on_conflict="overwrite"))
    assert outcomes(decided) == {"/data/link": Outcome.DONE}
    assert store.objects["link"][0] == b"second one"


def test_a_plain_copy_on_another_tier_goes_and_the_symlink_stays(world: World, store: Store) -> None:
    put_old(world, "/data/model", b"weights")
    link(world, "/data/link", "model")
    plain = world.tiers[1] / "data/link"
    plain.parent.mkdir(parents=True)
    plain.write_bytes(b"weights")
    os.utime(plain, ns=(1, 1))

    assert outcomes(saved(world))["/data/link"] is Outcome.DONE

    assert store.objects["link"][0] == b"weights"
    assert not plain.exists()
    assert (world.tiers[0] / "data/link").is_symlink()
    assert (world.tiers[0] / "data/model").read_bytes() == b"weights"


def test_a_free_leaves_symlinks_and_what_is_unsaved_behind_them(world: World) -> None:
    put_old(world, "/data/a/model", b"weights")
    link(world, "/data/b/model", "../a/model")
    saved(world, "/data/b")
    world.engine.free("/data/b", recursive=True)
    assert (world.tiers[0] / "data/b/model").is_symlink()
    assert (world.tiers[0] / "data/a/model").read_bytes() == b"weights"


def test_damage_in_the_bucket_that_a_check_finds_leaves_no_mark_on_the_target(store: Store, tmp_path: Path) -> None:
    world = World(tmp_path, ("s3://b", {**store.options, "etag": "opaque"}), 1 << 30)
    put_old(world, "/data/model", b"weights")
    link(world, "/data/link", "model")
    moved = saved(world)
    before = os.listxattr(world.tiers[0] / "data/model")

    def damaged(method: str, key: str, reply: Reply) -> Reply:
        return (*reply[:2], b"W" + reply[2][1:]) if (method, key) == ("GET", "link") else reply

    store.lie = damaged
    checking = Params(symlinks="follow", verify="checksum")
    entries = [each.entry for each in moved.values()]
    checked = {each.path: each for each in world.engine.recheck(iter(entries), checking, Attempt(), original=True)}

    assert {path: entry.state for path, entry in checked.items()} == {
        "/data/model": EntryState.CACHED,
        "/data/link": EntryState.CONFLICT,
    }
    assert os.listxattr(world.tiers[0] / "data/model") == before


@pytest.mark.parametrize("symlinks", ["error", "skip"])
def test_a_save_that_does_not_follow_leaves_them_out(world: World, store: Store, symlinks: str) -> None:
    put_old(world, "/data/model", b"weights")
    link(world, "/data/link", "model")
    left: list[LeftOut] = []
    entries = list(world.engine.walk("/data", depth=None, side=Side.SAVE, left_out=left.append))
    moved = list(world.engine.save(iter(entries), Params(symlinks=symlinks), Attempt()))
    assert [each.entry.path for each in moved] == ["/data/model"]
    assert [each.path for each in left] == ["/data/link"]
    assert set(store.objects) == {"model"}
