"""Keys of objects that stores write in a way of their own, and sizes that nobody can hold."""

import os
import tempfile
from datetime import UTC
from pathlib import Path

import orjson
import pytest

from avio.api.serializers import entry_info
from avio.engines.base import EntryState, Side
from avio.engines.left_out import ignore
from avio.engines.local.buckets import objects, pace
from avio.errors import BadReply
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness, Harness
from tests.contract.engines.listings import engine_of, listed, opened
from tests.servers.hostile_s3 import HostileS3

REPLACED = "caf\ufffd.txt"  # what a program makes of a name in an old encoding: a valid name by itself
MEMORY = Path("/dev/shm")  # disks keep no files of such sizes


def test_a_name_with_a_replacement_character_is_a_name(hostile: HostileS3, tmp_path: Path) -> None:
    hostile.objects = {f"d/{REPLACED}".encode(): b"1", b"d/z": b"22"}
    engine = engine_of(hostile, tmp_path)
    entries = list(engine.walk("/s3", depth=None, side=Side.BUCKET))
    assert [entry.path for entry in entries] == [f"/s3/d/{REPLACED}", "/s3/d/z"]

    moved = list(engine.preload(entries, Params(), Attempt()))

    assert {each.outcome for each in moved} == {Outcome.DONE}
    assert (tmp_path / "mem/s3/d" / REPLACED).read_bytes() == b"1"
    page = engine.list("/s3/d", depth=1, size=9)
    assert [entry.state for entry in page.entries] == [EntryState.CACHED] * 2
    assert not page.left_out


@pytest.mark.parametrize("page", [1, 2, 1000])
@pytest.mark.parametrize("keys", [[REPLACED.encode()], [b"a\x01", b"a\x02"], [b"a\xff", b"z\x01"]])
def test_a_store_that_can_not_encode_keys_leaves_out_those_that_may_be_others(
    hostile: HostileS3, keys: list[bytes], page: int
) -> None:
    hostile.objects, hostile.encodes, hostile.page = dict.fromkeys([*keys, b"b", b"c"], b"1"), False, page
    as_go_writes_it = {b"&#1;": "\ufffd".encode(), b"&#2;": "\ufffd".encode(), b"\xff": "\ufffd".encode()}

    def lie(number: int, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        for old, new in as_go_writes_it.items():
            body = body.replace(old, new)
        return 200, body

    hostile.lie = lie
    found, left = listed(opened(hostile))
    assert found == ["b", "c"]
    assert len(left) == len(keys)
    assert all("\ufffd" in key and key.isprintable() for key in left)


@pytest.mark.parametrize("size", [2**63, 10**19 - 1, 10**30, int("9" * 4000)])
def test_an_object_of_more_bytes_than_a_number_holds_is_no_answer(
    hostile: HostileS3, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "JOB", pace.JOB._replace(bad_reply_seconds=0))
    hostile.objects = {b"f": b"1"}
    hostile.lie = lambda number, query, body: (200, body.replace(b"<Size>1<", b"<Size>%d<" % size))
    with pytest.raises(BadReply, match="a valid Size"):
        listed(opened(hostile))


def test_the_sum_of_sparse_files_has_an_end() -> None:
    if not MEMORY.is_dir():
        pytest.skip("no file system in memory")
    with tempfile.TemporaryDirectory(dir=MEMORY) as directory:
        world = FilesHarness(Path(directory))
        for name in "abc":
            (world.bucket / name).touch()
            os.truncate(world.bucket / name, 2**63 - 1)
        for entry in (world.engine.stat("/data"), *world.engine.list("/", depth=1, size=9).entries):
            assert orjson.loads(orjson.dumps(entry_info(entry, UTC)))["size"] == 2**63 - 1


@pytest.mark.parametrize("which", [Side.BUCKET, Side.CACHE, Side.SAVE])
def test_a_walk_of_no_level_has_no_file_of_a_directory_and_ends(world: Harness, which: Side) -> None:
    world.put_all(["/data/d/a", "/data/d/e/b", "/data/f"])
    world.preload()
    for path, found in {"/": [], "/data": [], "/data/d": [], "/data/d/e": [], "/data/f": ["/data/f"]}.items():
        assert [entry.path for entry in world.engine.walk(path, depth=0, side=which)] == found


@pytest.mark.timeout(20)
@pytest.mark.parametrize("page", [1, 2, 1000])
def test_names_behind_the_last_character_end_no_listing(hostile: HostileS3, tmp_path: Path, page: int) -> None:
    last = "\U0010ffff"
    keys = ["a/b/c/d", f"a/b/{last}/x/y", f"a/b/{last}{last}/x", f"a/b/{last}q", "a/c", f"{last}", f"{last}q/r/s"]
    hostile.objects, hostile.page = {key.encode(): b"1" for key in keys}, page
    engine = engine_of(hostile, tmp_path)
    for depth in (1, 2, 3, 4, 5):
        walked = [entry.path for entry in engine.walk("/s3", depth=depth, side=Side.BUCKET)]
        assert sorted(walked) == sorted(f"/s3/{key}" for key in keys if key.count("/") < depth)
        listed = [entry.path for run in engine.list_all("/s3", depth=depth, left_out=ignore) for entry in run]
        assert {f"/s3/{key}" for key in keys if key.count("/") < depth} <= set(listed)
        assert len(listed) == len(set(listed))
