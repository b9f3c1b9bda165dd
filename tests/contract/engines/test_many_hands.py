"""Many hands on cache and bucket at random: no bytes that existed only once are lost, and no state is wrong."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from avio.engines.base import Entry, EntryState, Side
from avio.errors import IsDirectory, PathNotFound, Unsaved
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import CAPACITY, Attempt, FilesHarness, ObjectsHarness, OnDisk
from tests.servers.seaweed import S3Server

NAMES = st.sampled_from(["a", "b", "c"])
CLEAN = (EntryState.CACHED, EntryState.STALE, EntryState.GONE, EntryState.REMOTE)


class Seen(NamedTuple):
    """The bytes of a name on both sides."""

    bucket: bytes | None
    cache: bytes | None


class Hands(RuleBasedStateMachine):
    """`once` is what hands wrote into the cache and avio has not saved; `by_hand` the cached names that hands wrote."""

    def __init__(self, world: OnDisk, directory: Path) -> None:
        super().__init__()
        self.world, self.directory = world, directory
        self.tier = world.tiers[0] / "data"
        self.tier.mkdir(parents=True, exist_ok=True)
        self.number = 0
        self.clock = 10**18
        self.once: set[bytes] = set()
        self.by_hand: set[str] = set()
        self.made: dict[str, tuple[int, int, bytes]] = {}  # the copies that avio made or saved, by their name
        self.left: dict[str, int] = {}  # their ctimes then: a later one means that a hand was there

    def content(self) -> bytes:
        """Return bytes of one size that never were before."""
        self.number += 1
        return b"%08d" % self.number

    def write(self, file: Path, content: bytes) -> None:
        file.write_bytes(content)
        self.clock += 1_000_000_007
        os.utime(file, ns=(self.clock, self.clock))

    def touched(self, name: str) -> None:
        """A hand wrote the cached file `name`, and with it every other link of it."""
        inode = (self.tier / name).stat().st_ino
        files = [self.tier / each for each in "abc"]
        self.by_hand |= {file.name for file in files if file.exists() and file.stat().st_ino == inode}

    def copy_at(self, name: str) -> tuple[int, int, bytes]:
        """Return inode, mtime and bytes of the copy: what a stamp recognises."""
        file = self.tier / name
        return file.stat().st_ino, file.stat().st_mtime_ns, file.read_bytes()

    def is_made(self, name: str) -> None:
        """Note the copy `name`, which avio has just made or saved."""
        self.made[name] = self.copy_at(name)
        self.left[name] = (self.tier / name).stat().st_ctime_ns

    def is_untouched(self, name: str) -> bool:
        file = self.tier / name
        return not file.exists() or file.stat().st_ctime_ns == self.left.get(name)

    def seen(self, name: str) -> Seen:
        return Seen(self.world.read_bucket(f"/data/{name}"), self.world.read_cache(f"/data/{name}"))

    def everything(self) -> dict[str, Seen]:
        return {name: self.seen(name) for name in "abc"}

    def thrown_away(self, before: dict[str, Seen]) -> None:
        """A hand replaced or deleted what it wanted to: only what it left somewhere can be lost by avio.

        A copy that avio made and whose object is deleted is no such place: a free may drop it.
        """
        now = self.everything()
        left = {seen.bucket for seen in now.values()} | {now[name].cache for name in self.by_hand}
        self.once &= {content for content in left if content is not None}

    @initialize()
    def all_is_cached(self) -> None:
        for name in "abc":
            self.world.put_bucket(f"/data/{name}", self.content())
        self.world.preload()
        for name in "abc":
            self.is_made(name)

    @rule(name=NAMES)
    def bucket_written(self, name: str) -> None:
        before = self.everything()
        self.world.put_bucket(f"/data/{name}", self.content())
        self.thrown_away(before)

    @rule(name=NAMES)
    def bucket_deleted(self, name: str) -> None:
        before = self.everything()
        if before[name].bucket is not None:
            self.world.drop_bucket(f"/data/{name}")
        self.thrown_away(before)

    @rule(name=NAMES)
    def cache_written(self, name: str) -> None:
        content, before = self.content(), self.everything()
        self.write(self.tier / name, content)
        self.touched(name)
        self.once.add(content)
        self.thrown_away(before)

    @rule(name=NAMES)
    def cache_deleted(self, name: str) -> None:
        before = self.everything()
        (self.tier / name).unlink(missing_ok=True)
        self.by_hand.discard(name)
        self.thrown_away(before)

    @rule(name=NAMES, other=NAMES, how=st.sampled_from(["copy2", "anew", "rename", "link"]))
    def cache_copied(self, name: str, other: str, how: str) -> None:
        source, target, before = self.tier / name, self.tier / other, self.everything()
        if name == other or not source.exists():
            return
        if target.exists() and target.samefile(source):
            return
        if how == "copy2":
            shutil.copy2(source, target)
        elif how == "rename":
            source.rename(target)
        else:
            target.unlink(missing_ok=True)
            (os.link if how == "link" else shutil.copy2)(source, target)
        if how == "rename":
            self.by_hand.discard(name)
        if how == "copy2":
            self.touched(other)
        content = target.read_bytes()
        if self.copy_at(other) == self.made.get(other):  # avio's own copy is back at its name
            self.by_hand.discard(other)
            self.thrown_away(before)
            return
        self.by_hand.add(other)
        if content not in {seen.bucket for seen in self.everything().values()}:
            self.once.add(content)
        self.thrown_away(before)

    @rule()
    def preloaded(self) -> None:
        before = self.everything()
        with suppress(PathNotFound):
            for path, moved in self.world.preload().items():
                seen = self.seen(path[-1])
                if moved.outcome is Outcome.DONE:
                    self.by_hand.discard(path[-1])
                    self.is_made(path[-1])
                if moved.outcome in (Outcome.DONE, Outcome.SKIPPED):
                    assert seen.cache == seen.bucket, f"{path} is not in place: {seen}"
                else:
                    assert moved.outcome is Outcome.KEPT
                    assert seen == before[path[-1]]

    @rule(overwrite=st.booleans())
    def saved(self, overwrite: bool) -> None:
        before = self.everything()
        states = self.states()
        params = {"on_conflict": "overwrite"} if overwrite else {}
        with suppress(PathNotFound):
            outcomes = self.world.save(**params)
            self.checked()
            for path, moved in outcomes.items():
                name, now = path[-1], self.seen(path[-1])
                if moved.outcome in (Outcome.DONE, Outcome.SKIPPED):
                    self.by_hand.discard(name)
                if moved.outcome is Outcome.DONE:
                    self.is_made(name)
                    assert now.bucket == before[name].cache
                else:
                    assert now.bucket == before[name].bucket, f"{path}: {moved.outcome}"
                if moved.outcome is Outcome.FAILED:
                    assert states[name].state is EntryState.CONFLICT
                    assert not overwrite
                assert now.cache == before[name].cache
        if overwrite:
            self.thrown_away(before)

    def checked(self) -> None:
        """Look at the copies as a job does behind its save: until then a mark says what the bucket may have."""
        entries = list(self.world.engine.walk("/data", depth=None, side=Side.SAVE))
        list(self.world.engine.recheck(iter(entries), Params(), Attempt(), original=True))

    @rule(name=NAMES)
    def freed(self, name: str) -> None:
        before, state = self.seen(name), self.states().get(name)
        try:
            self.world.engine.free(f"/data/{name}", recursive=False)
        except Unsaved:
            assert state is not None
            assert not state.may_go
            assert self.seen(name) == before
        except (PathNotFound, IsDirectory):
            return
        else:
            self.by_hand.discard(name)
            if before.cache is not None:
                assert state is not None
                assert state.may_go
            assert self.seen(name) == Seen(before.bucket, None)

    def states(self) -> dict[str, Entry]:
        found = {}
        for name in "abc":
            with suppress(PathNotFound):
                entry = self.world.engine.stat(f"/data/{name}")
                if entry.kind == "file":
                    found[name] = entry
        return found

    @invariant()
    def states_are_true(self) -> None:
        for name, entry in self.states().items():
            seen = self.seen(name)
            if entry.state is EntryState.CACHED:
                assert seen.cache == seen.bucket
            if entry.state is EntryState.REMOTE:
                assert seen.cache is None
            if entry.state in (EntryState.STALE, EntryState.GONE):
                elsewhere = {self.seen(other).cache for other in self.by_hand if other != name}
                assert seen.cache not in self.once - elsewhere, f"{name} is {entry.state}, and its bytes were only here"
                assert (seen.bucket is None) == (entry.state is EntryState.GONE)
            if name in self.by_hand and seen.bucket != seen.cache:
                assert entry.state in (EntryState.DIRTY, EntryState.CONFLICT), f"{name} is {entry.state}"
            if name not in self.by_hand and self.is_untouched(name):
                assert entry.state in CLEAN, f"{name} is {entry.state}, and nobody wrote it"

    @invariant()
    def nothing_is_lost(self) -> None:
        left = {content for seen in self.everything().values() for content in seen}
        assert self.once <= left, f"lost: {self.once - left}"
        self.once -= {seen.bucket for seen in self.everything().values() if seen.bucket is not None}


def play(make: Callable[[Path], OnDisk], examples: int) -> None:
    """Play `examples` games, each in a fresh world of `make`."""

    def machine() -> Hands:
        directory = Path(tempfile.mkdtemp())
        return Hands(make(directory), directory)

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_many_hands_on_a_bucket_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    play(lambda directory: FilesHarness(directory, CAPACITY), 40)


def test_many_hands_on_a_bucket_of_objects(
    seaweed_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    url = seaweed_server.make_bucket("hands")

    def make(directory: Path) -> ObjectsHarness:
        folder = uuid.uuid4().hex
        store = seaweed_server.store("hands", folder)
        return ObjectsHarness(directory, f"{url}/{folder}", seaweed_server.options, store, CAPACITY)

    play(make, 8)
