"""Uploads never overwrite what another program put there meanwhile, and leave no parts in the bucket."""

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avio.errors import NotSaved
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, ObjectsHarness
from tests.contract.engines.lying_store import Reply, Store, error
from tests.contract.engines.test_other_bytes import World

MIB = 1 << 20
LARGE = 20 * MIB  # three parts
SIZES = pytest.mark.parametrize("size", [1000, LARGE])


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


def _content(size: int) -> bytes:
    return bytes(range(250)) * (size // 250)


@SIZES
@pytest.mark.parametrize("conditions", [True, False])
def test_a_new_and_a_changed_file_are_saved_whole(world: World, store: Store, size: int, conditions: bool) -> None:
    store.conditions = conditions
    store.put("changed", b"old")
    assert world.preload()["/data/changed"].outcome is Outcome.DONE
    for name in ("new", "changed"):
        world.put_cache(f"/data/{name}", _content(size))
    assert {each.outcome for each in world.save().values()} == {Outcome.DONE}
    assert {key: body for key, (body, _, _) in store.objects.items()} == dict.fromkeys(
        ("new", "changed"), _content(size)
    )
    assert store.uploads == {}
    assert {each.outcome for each in world.save().values()} == {Outcome.SKIPPED}


def test_a_store_without_conditional_writes_is_told_once(
    world: World, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.conditions = False
    for number in range(5):
        world.put_cache(f"/data/{number}", b"x")
    world.save()
    assert sum("no conditional writes" in record.message for record in caplog.records) == 1


def test_an_object_that_goes_and_comes_again_while_it_is_looked_at_is_not_overwritten(
    world: World, store: Store
) -> None:
    world.put_cache("/data/f", b"of the cache")
    seen = []

    def other_program(method: str, key: str) -> None:
        if method == "PUT":
            store.put("f", b"of another program")
        elif method == "HEAD" and key in store.objects:
            seen.append(store.objects.pop(key)[0])  # the upload was refused, and now there is nothing

    store.before = other_program
    moved = world.save()["/data/f"]
    assert isinstance(moved.error, NotSaved)
    assert set(seen) == {b"of another program"}


def test_an_upload_that_was_answered_and_not_done_is_done_again_although_nobody_could_look(
    world: World, store: Store
) -> None:
    world.put_cache("/data/f", b"of the cache")
    methods: list[str] = []

    def forget(method: str, key: str) -> Reply | None:
        methods.append(method)
        if method == "PUT" and methods.count("PUT") == 1:
            return 200, {"ETag": f'"{hashlib.md5(b"of the cache").hexdigest()}"'}, b""
        if method == "HEAD" and methods[-4:-1].count("PUT") and methods.count("PUT") == 1:
            return error(503, "SlowDown")
        return None

    store.before = forget
    assert world.save()["/data/f"].outcome is Outcome.DONE
    assert store.objects["f"][0] == b"of the cache"


@pytest.mark.parametrize("there_before", [True, False])
@pytest.mark.parametrize("conditions", [True, False])
def test_a_large_upload_gives_way_to_what_came_meanwhile(
    world: World, store: Store, there_before: bool, conditions: bool
) -> None:
    store.conditions = conditions
    if there_before:
        store.put("f", b"old")
        world.preload()
    world.put_cache("/data/f", _content(LARGE))

    def other_program(method: str, key: str) -> None:
        if method == "PUT":
            store.put("f", b"of another program")

    store.before = other_program
    moved = world.save()["/data/f"]
    assert isinstance(moved.error, NotSaved)
    assert store.objects["f"][0] == b"of another program"
    assert store.uploads == {}


def test_a_change_in_the_last_moment_is_refused_by_the_store(world: World, store: Store) -> None:
    world.put_cache("/data/f", _content(LARGE))
    heads = []

    def other_program(method: str, key: str) -> None:
        heads.append(method)
        if method == "POST" and heads.count("POST") == 2:
            store.put("f", b"of another program")

    store.before = other_program
    assert isinstance(world.save()["/data/f"].error, NotSaved)
    assert store.objects["f"][0] == b"of another program"
    assert store.uploads == {}


def test_a_large_upload_whose_last_answer_is_lost_is_done(world: World, store: Store) -> None:
    world.put_cache("/data/f", _content(LARGE))
    answers: list[Reply] = []

    def lie(method: str, key: str, reply: Reply) -> Reply:
        if method == "POST":
            answers.append(reply)
        return error(500, "InternalError") if method == "POST" and len(answers) == 2 else reply

    store.lie = lie
    assert world.save()["/data/f"].outcome is Outcome.DONE


def test_an_error_in_a_reply_of_status_200_is_an_error(world: World, store: Store) -> None:
    world.put_cache("/data/f", _content(LARGE))
    posts = []

    def refuse(method: str, key: str) -> Reply | None:
        posts.append(method)
        ends = method == "POST" and posts.count("POST") == 2
        _, headers, body = error(500, "InternalError")
        return (200, headers, body) if ends else None

    store.before = refuse
    moved = world.save()["/data/f"]
    assert (moved.outcome, moved.tries) == (Outcome.DONE, 2)
    assert store.objects["f"][0] == _content(LARGE)
    assert store.uploads == {}


_SAVE = """
import ast, sys
from avio.engines.bandwidth import Bandwidth
from avio.engines.base import Side
from avio.engines.factory import open_engine
from avio.wire.params import Params

class Run:
    name = "01KILLED.1"
    threads = 2
    concurrency = None
    bandwidth = Bandwidth()
    def stopping(self): return False
    def moved(self, size): pass
    def advanced(self, size): pass
    def waits(self, error, of): pass
    def checked(self, size): pass

engine = open_engine(ast.literal_eval(sys.argv[1]))
for _ in engine.save(engine.walk("/data", depth=None, side=Side.CACHE), Params(), Run()):
    pass
"""


def _killed_midway(world: World, store: Store) -> None:
    """Have a process begin to save a large file, and kill it while it sends parts."""
    world.put_cache("/data/f", _content(LARGE))

    def hold(method: str, key: str) -> None:
        if method == "PUT":
            time.sleep(1)

    store.before = hold
    with subprocess.Popen([sys.executable, "-c", _SAVE, repr(world.settings)]) as process:
        deadline = time.monotonic() + 60
        while not store.count("PUT") and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    store.before = lambda method, key: None
    assert len(store.uploads) == 1


def test_the_upload_of_a_killed_attempt_is_ended_by_the_sweep_and_no_other(world: World, store: Store) -> None:
    _killed_midway(world, store)
    store.uploads["of another program"] = ("f", {1: b"x"})
    world.engine.sweep(lambda: ["01KILLED.1"])
    assert len(store.uploads) == 2, "a live attempt keeps its upload"
    world.engine.sweep(list)
    assert list(store.uploads) == ["of another program"]
    assert world.temporaries() == []


def test_the_upload_of_a_killed_attempt_is_ended_later_if_the_store_is_away(world: World, store: Store) -> None:
    _killed_midway(world, store)
    store.before = lambda method, key: error(503, "SlowDown")
    world.engine.sweep(list)
    assert len(store.uploads) == 1
    store.before = lambda method, key: None
    world.engine.sweep(list)
    assert store.uploads == {}
    assert world.temporaries() == []


def test_a_cancelled_upload_is_ended(world: World, store: Store) -> None:
    world.put_cache("/data/f", _content(LARGE))

    run = Attempt()
    run.stop = lambda: store.count("PUT") > 0
    assert world.save(run=run) == {}
    world.engine.sweep(list)
    assert store.uploads == {}
    assert "f" not in store.objects


def test_a_large_file_goes_to_a_real_store_in_parts(local: object) -> None:
    if not isinstance(local, ObjectsHarness):
        pytest.skip("only object stores take parts")
    for content in (_content(LARGE), _content(LARGE + 4 * MIB)):
        local.put_cache("/data/a b+ü", content)
        assert local.save()["/data/a b+ü"].outcome is Outcome.DONE
        assert local.read_bucket("/data/a b+ü") == content
    assert local.save()["/data/a b+ü"].outcome is Outcome.SKIPPED
