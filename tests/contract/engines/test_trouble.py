"""Buckets that are away, keys that are wrong, settings that don't hold, processes that are killed."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avio.engines.base import Side
from avio.engines.factory import open_engine
from avio.engines.members import require
from avio.errors import AccessDenied, EngineAway, StoreError
from tests.contract.engines.harness import FilesHarness, settings
from tests.servers.seaweed import S3Server

ANSWER_LIMIT = 10.0  # seconds: a task must not take longer to say that the bucket is away

NOBODY = {
    "endpoint": "http://127.0.0.1:9",
    "region": "us-east-1",
    "access_key_id": "a",
    "secret_access_key": "b",
    "allow_http": "true",
}


def test_a_bucket_that_is_away_is_told_in_time(tmp_path: Path) -> None:
    engine = open_engine(settings({"/data": ("s3://bucket", NOBODY)}, tmp_path))
    for ask in (
        lambda: engine.stat("/data/f"),
        lambda: engine.list("/data", depth=1, size=10),
        lambda: list(engine.walk("/data", depth=None, side=Side.BUCKET)),
        lambda: require(engine.members()),
    ):
        begin = time.monotonic()
        with pytest.raises(EngineAway) as raised:
            ask()
        assert time.monotonic() - begin < ANSWER_LIMIT
        assert "s3://bucket" in raised.value.message
        assert raised.value.cure


@pytest.mark.faults
def test_a_bucket_that_never_answers_is_away_in_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        options = {**NOBODY, "endpoint": f"http://127.0.0.1:{mute.getsockname()[1]}"}
        engine = open_engine(settings({"/data": ("s3://bucket", options)}, tmp_path))
        begin = time.monotonic()
        with pytest.raises(EngineAway):
            engine.stat("/data/f")
        assert time.monotonic() - begin < ANSWER_LIMIT


def test_a_directory_bucket_that_is_not_there_is_away(tmp_path: Path) -> None:
    engine = open_engine(settings({"/data": (f"file://{tmp_path}/none", {})}, tmp_path))
    for ask in (lambda: engine.list("/data", depth=1, size=10), lambda: require(engine.members())):
        with pytest.raises(EngineAway):
            ask()


def test_a_wrong_key_is_access_denied(seaweed_server: S3Server, tmp_path: Path) -> None:
    url = seaweed_server.make_bucket("contract")
    wrong = {**seaweed_server.options, "secret_access_key": "wrong"}
    engine = open_engine(settings({"/data": (url, wrong)}, tmp_path))
    for ask in (
        lambda: engine.stat("/data/f"),
        lambda: engine.list("/data", depth=1, size=10),
        lambda: require(engine.members()),
    ):
        with pytest.raises(AccessDenied) as raised:
            ask()
        assert "wrong" not in raised.value.message


def test_a_bucket_that_was_never_made_is_named(seaweed_server: S3Server, tmp_path: Path) -> None:
    engine = open_engine(settings({"/data": ("s3://never-made", seaweed_server.options)}, tmp_path))
    with pytest.raises(StoreError, match="no such bucket"):
        engine.list("/data", depth=1, size=10)


def test_a_store_that_lists_in_another_order_is_refused_with_the_cure(seaweed_server: S3Server, tmp_path: Path) -> None:
    url = seaweed_server.make_bucket("disorder")
    store = seaweed_server.store("disorder")
    for key in ("a/x", "a-b"):
        store.put(key, b"")
    options = {name: text for name, text in seaweed_server.options.items() if name != "key_order"}
    engine = open_engine(settings({"/data": (url, options)}, tmp_path))
    with pytest.raises(StoreError) as raised:
        engine.stat("/data")
    assert "key_order" in raised.value.cure
    assert len(list(engine.walk("/data", depth=None, side=Side.BUCKET))) == 2


@pytest.mark.parametrize(
    ("url", "options", "place"),
    [
        ("file://host/dir", {}, "mounts./data.url"),
        ("file:///dir", {"region": "x"}, "mounts./data.options"),
        ("s3://bucket", {"key_order": "upwards"}, "mounts./data.options.key_order"),
        ("s3://bucket", {"regoin": "x"}, "mounts./data"),
        ("nosuch://bucket", {}, "mounts./data"),
    ],
)
def test_settings_that_do_not_hold_are_named(url: str, options: dict[str, str], place: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=place):
        open_engine(settings({"/data": (url, options)}, tmp_path))


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match=r"choose one of alluxio, local"):
        open_engine({"engine": "hdfs", "mounts": {}, "tiers": []})


def test_a_nested_mount_hides_what_lies_below_it(tmp_path: Path) -> None:
    for name in ("outer/a", "outer/in/hidden", "outer/in-b", "outer/z", "inner/f"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    mounts: dict[str, tuple[str, dict[str, str]]] = {
        "/data": (f"file://{tmp_path}/outer", {}),
        "/data/in": (f"file://{tmp_path}/inner", {}),
    }
    engine = open_engine(settings(mounts, tmp_path / "tiers"))
    listed = [entry.path for entry in engine.list("/data", depth=None, size=100).entries]
    assert listed == ["/data/a", "/data/in-b", "/data/in", "/data/in/f", "/data/z"]
    walked = {entry.path for entry in engine.walk("/data", depth=None, side=Side.BUCKET)}
    assert walked == {"/data/a", "/data/in-b", "/data/in/f", "/data/z"}
    assert engine.stat("/data").files == 4


_PRELOAD = """
import ast, contextlib, sys
from avio.engines.bandwidth import Bandwidth
from avio.engines.base import Side
from avio.engines.factory import open_engine
from avio.wire.params import Params

class Run:
    name = "01KILLED.1"
    threads = 8
    concurrency = None
    bandwidth = Bandwidth()
    def stopping(self): return False
    def moved(self, size): pass
    def advanced(self, size): pass
    def waits(self, error, of): pass
    def checked(self, size): pass
    def silent(self, seconds): return contextlib.nullcontext()

engine = open_engine(ast.literal_eval(sys.argv[1]))
print("ready", flush=True)
for _ in engine.preload(engine.walk("/data", depth=None, side=Side.BUCKET), Params(), Run()):
    pass
"""


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1])
def test_a_killed_process_leaves_no_torn_file(delay: float, tmp_path: Path) -> None:
    # Given a process that is killed in the midst of a preload
    world = FilesHarness(tmp_path)
    contents = {f"/data/{number}": bytes([number % 256]) * 200_000 for number in range(400)}
    for path, content in contents.items():
        world.put_bucket(path, content)
    command = [sys.executable, "-c", _PRELOAD, repr(world.settings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(delay)
        process.kill()
    # Then whatever has its final name is whole
    for path, content in contents.items():
        assert world.read_cache(path) in (None, content)
    # And the next attempt completes the work, and a sweep removes what the dead one left
    world.preload()
    assert {path: world.read_cache(path) for path in contents} == contents
    world.engine.sweep(lambda: ())
    assert world.temporaries() == []
