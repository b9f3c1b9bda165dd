"""What the first upload tells of its store: in few requests, one after the other, and before other files need it."""

import threading
from pathlib import Path

import pytest

from avio.engines.base import Entry, Side
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.etags import etag_of
from avio.engines.local.buckets.object_put import OTHER
from avio.engines.local.buckets.objects import ObjectsBucket
from avio.engines.local.buckets.store_calls import Condition
from avio.engines.local.buckets.store_facts import FIRST_UPLOADS, StoreFacts
from avio.engines.local.transfer import bulk_upload
from avio.engines.local.transfer.request_flow import LONG_REPLY_SECONDS, RequestFlow
from avio.errors import NotSaved
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt
from tests.contract.engines.lying_store import Reply, Store
from tests.contract.engines.test_many_puts import put_many, put_old, saved_and_checked
from tests.contract.engines.test_other_bytes import World
from tests.servers.golang import NoGo
from tests.servers.memory_s3 import memory_s3

FILES = 60
LIMIT = 10.0  # seconds
LESSON = f"many/{FIRST_UPLOADS:04d}.json"  # the first uploads tell nothing


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


def unsaved(world: World) -> list[Entry]:
    return [entry for entry in world.engine.walk("/data", depth=None, side=Side.SAVE) if not entry.saved]


def methods(store: Store, key: str) -> list[str]:
    return [line.split()[0] for line in store.requests if line.split()[1] == key]


def test_a_lesson_is_an_upload_that_is_looked_at_and_two_false_conditions(world: World, store: Store) -> None:
    put_many(world, FILES)
    moved, _ = saved_and_checked(world)
    assert {each.outcome for each in moved.values()} == {Outcome.DONE}
    assert methods(store, LESSON) == ["HEAD", "PUT", "HEAD", "PUT", "PUT"]


def test_looks_and_upload_of_a_file_take_one_connection(world: World, store: Store) -> None:
    put_many(world, 1)
    entries = unsaved(world)
    before = store.connections
    (moved,) = world.engine.save(iter(entries), Params(), Attempt())
    assert moved.outcome is Outcome.DONE
    assert methods(store, "many/0000.json") == ["HEAD", "PUT", "HEAD"]
    assert store.connections - before == 1


def test_new_files_wait_for_the_first_condition_and_not_for_the_second(world: World, store: Store) -> None:
    put_many(world, FILES)
    puts = 0
    there: list[int] = []
    many = threading.Event()

    def hold(method: str, key: str) -> Reply | None:
        nonlocal puts
        puts += (method, key) == ("PUT", LESSON)
        if (method, key) == ("PUT", LESSON) and puts in (2, 3):
            there.append(len(store.objects))
            if puts == 3:
                many.wait(LIMIT)
                there.append(len(store.objects))
        if len(store.objects) >= FILES - 1:
            many.set()
        return None

    store.before = hold
    moved, _ = saved_and_checked(world)
    assert {each.outcome for each in moved.values()} == {Outcome.DONE}
    first, _, second = there
    assert first <= FIRST_UPLOADS + 1
    assert second >= FILES - 1


def test_a_store_that_obeys_one_condition_alone_is_looked_at_before_each_put(world: World, store: Store) -> None:
    store.obeys_match = False
    for number in range(10):
        store.put(f"changed/{number:04d}.json", b"old")
    world.preload()
    put_many(world, FILES)
    moved, _ = saved_and_checked(world)
    assert {each.outcome for each in moved.values()} == {Outcome.DONE}
    assert world.engine.remarks() == ["s3://b has no conditional writes"]
    paths = put_many(world, 10, "changed")
    entries = unsaved(world)
    store.put("changed/0000.json", b"of another program")

    ended = {each.entry.path: each for each in world.engine.save(iter(entries), Params(), Attempt())}

    assert isinstance(ended[paths[0]].error, NotSaved)
    assert store.objects["changed/0000.json"][0] == b"of another program"
    assert {ended[path].outcome for path in paths[1:]} == {Outcome.DONE}


def test_a_changed_file_is_not_sent_by_a_condition_that_was_never_tried(world: World, store: Store) -> None:
    """The second condition got no answer: new files go many at a time, changed ones are looked at until it has one."""
    for number in range(10):
        store.put(f"old/{number:04d}.json", b"old")
    world.preload()
    put_many(world, FILES)
    puts = 0

    def silent(method: str, key: str, reply: Reply) -> Reply:
        nonlocal puts
        puts += (method, key) == ("PUT", LESSON)
        return (200, {"Content-Length": "100"}, b"") if (method, key) == ("PUT", LESSON) and puts == 3 else reply

    store.lie = silent
    assert {each.outcome for each in world.engine.save(iter(unsaved(world)), Params(), Attempt())} == {Outcome.DONE}
    store.requests.clear()
    put_old(world, "/data/old/0000.json", b"changed")
    assert {each.outcome for each in world.engine.save(iter(unsaved(world)), Params(), Attempt())} == {Outcome.DONE}
    assert methods(store, "old/0000.json")[:3] == ["HEAD", "PUT", "HEAD"]
    assert store.objects["old/0000.json"][0] == b"changed"


@pytest.mark.parametrize("slow", [False, True])
def test_many_go_at_once_from_the_begin_where_the_store_takes_long_to_answer(
    tmp_path: Path, slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected: list[float] = []
    expect = RequestFlow.expect

    def counted(self: RequestFlow, seconds: float) -> None:
        expected.append(seconds)
        expect(self, seconds)

    monkeypatch.setattr(bulk_upload.RequestFlow, "expect", counted)
    try:
        with memory_s3(delay="50ms" if slow else "0s") as server:
            world = World(tmp_path, (server.make_bucket("b"), server.options), 1 << 30)
            put_many(world, FILES)
            saved_and_checked(world)
    except NoGo as missing:
        pytest.skip(str(missing))
    assert len(expected) == 1
    assert (expected[0] >= LONG_REPLY_SECONDS) == slow


def test_what_is_known_of_the_first_condition_stays_known(world: World, store: Store) -> None:
    """The second lesson is for If-Match alone: an answer that tells nothing takes back nothing."""
    facts = StoreFacts("s3://b")
    bucket = ObjectsBucket("s3://b", store.options, "/")
    bucket._facts = facts
    facts.obeys_absent, facts.digests = True, True
    asked: list[Condition] = []

    class Put:
        def obeys(self, content: bytes, false: Condition) -> bool | None:
            asked.append(false)
            return None

    etag = etag_of(b"1")
    bucket._learn(Put(), b"1", etag, Source("k", 1, 0, etag))  # type: ignore[arg-type]
    assert (facts.obeys_absent, facts.obeys_match) == (True, None)
    assert asked == [OTHER]
