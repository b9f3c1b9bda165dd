"""What a walk has seen of a file is known to the load, however many there are; what it can't tell is asked for."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from avio.engines.alluxio.clients.status import Address, Block, Location, Persistence, Status
from avio.engines.alluxio.view import status_cache
from avio.engines.alluxio.view.entries import file_entry, single_block, token
from avio.engines.alluxio.view.listed_blocks import ListedBlocks
from avio.engines.base import Entry, EntryState

CACHED = Location(Address("one", 1), 1, "MEM", "MEM")
ROSTER: Any = SimpleNamespace(best=lambda locations: next(iter(locations), None))


def status(path: str, ufs_path: str, *blocks: Block, mount: int = 1, modified: int = 1_700_000_000_123) -> Status:
    length = sum(block.length for block in blocks)
    return Status(
        path, False, length, True, Persistence.PERSISTED, False, mount, ufs_path, blocks, 0, modified, "", False
    )


def block(block_id: int, *locations: Location, length: int = 10, offset: int = 0) -> Block:
    return Block(block_id, length, offset, locations)


def entry(of: Status) -> Entry:
    """Return the entry as the load gets it: by way of the worklist, which keeps less."""
    made = file_entry(of, ROSTER)
    return Entry(made.path, "file", made.size, made.modified, made.state, token=made.token)


def test_any_number_of_files_with_one_block_is_known_by_the_place_of_their_mount(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(status_cache, "MAX_STATUSES", 1)
    listed = ListedBlocks()
    found = [status(f"/s3/d/{n}", f"s3://bucket/d/{n}", block(n << 24), mount=7) for n in range(1, 100)]
    found += [status(f"/x/{n}", f"/ufs/{n}", block(n << 32)) for n in range(1, 100)]
    for each in found:
        listed.note(each)

    assert [listed.take(entry(each)) for each in found] == found


def test_a_file_of_several_blocks_and_one_with_cached_blocks_are_given_as_they_were_read() -> None:
    listed = ListedBlocks()
    several = status("/a", "/ufs/a", block(1), block(2, offset=10))
    cached = status("/b", "/ufs/b", block(3, CACHED))
    for each in (several, cached):
        listed.note(each)

    assert listed.take(entry(several)) == several
    assert listed.take(entry(cached)) == cached


def test_what_no_walk_has_seen_is_asked_for() -> None:
    listed = ListedBlocks()
    listed.note(status("/s3/a", "s3://bucket/a", block(1), mount=7))

    assert listed.take(entry(status("/other/b", "/ufs/other/b", block(2)))) is None
    assert listed.take(Entry("/s3/gone", "file", 0, None, EntryState.REMOTE)) is None


def test_a_mount_inside_another_has_its_own_place() -> None:
    listed = ListedBlocks()
    outer = status("/s3/a", "s3://bucket/a", block(1), mount=7)
    inner = status("/s3/in/a", "s3://second/a", block(2), mount=8)
    for each in (outer, inner):
        listed.note(each)

    assert [listed.take(entry(each)) for each in (outer, inner)] == [outer, inner]


def test_a_mount_whose_bucket_has_a_folder_of_its_name_lends_no_place_to_the_files_around_it() -> None:
    around = [status(f"/data/other/{n}", f"hdfs://h/data/other/{n}", block(n << 24)) for n in (1, 2)]
    inside = [status(f"/data/imagenet/{n}", f"s3://bucket/imagenet/{n}", block(n << 32), mount=7) for n in (1, 2)]
    for order in ([*around, *inside], [*inside, *around]):
        listed = ListedBlocks()
        for each in order:
            listed.note(each)

        assert {listed.take(entry(each)) for each in around} <= {*around, None}
        assert {listed.take(entry(each)) for each in inside} <= {*inside, None}


def test_places_that_contradict_each_other_are_never_guessed() -> None:
    # The bucket of the second mount has a folder of the mount's own name: both seem to begin at the root.
    listed = ListedBlocks()
    one = status("/a/f", "/ufs/a/f", block(1))
    other = status("/s3/f", "s3://bucket/s3/f", block(2), mount=7)
    third = status("/b/f", "/ufs/b/f", block(3))
    for each in (one, other, third):
        listed.note(each)

    assert listed.take(entry(other)) == other  # it was kept
    assert listed.take(entry(third)) == third
    assert listed.take(entry(one)) is None


def test_the_token_tells_the_block_of_a_file_with_one() -> None:
    one = status("/a", "/ufs/a", block(0xABC000000, length=16))
    assert single_block(token(one)) == (0xABC000000, 16)
    assert single_block(token(replace_blocks(one, block(1), block(2)))) is None
    assert single_block(token(replace_blocks(one))) is None
    assert single_block(None) is None


def replace_blocks(of: Status, *blocks: Block) -> Status:
    return of._replace(blocks=blocks, length=sum(each.length for each in blocks))


def test_an_entry_that_says_that_it_is_not_saved_is_asked_for() -> None:
    listed = ListedBlocks()
    found = status("/a/f", "/ufs/a/f", block(1))
    listed.note(found)

    assert listed.take(replace(entry(found), saved=False)) is None
