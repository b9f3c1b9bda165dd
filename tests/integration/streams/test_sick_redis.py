"""The stream on a Redis that answers with errors: full, read-only, without rights, or with a key of another type."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
import redis

from avio import streams
from avio.admin import valkey as embedded
from avio.streams import EVENTS_KEY, Events
from avio.wire.events import MAX_EVENT_BYTES, FailureEvent, ProgressEvent, StateEvent, encode
from avio.wire.progress import ErrorGroup, Progress
from tests.servers.valkey import Valkey, valkey

SMALL = 6 << 20  # bytes


def event(number: int, size: int = 0) -> FailureEvent:
    return FailureEvent(f"JOB{number}", 1, "/a", "GONE", "x" * size)


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A server of its own, since a test makes it sick."""
    with valkey(tmp_path_factory.mktemp("sick")) as made:
        yield made


@pytest.fixture
def client(server: Valkey) -> Iterator[redis.Redis]:
    with streams.connect(server.url) as made:
        yield made


def fill(client: redis.Redis, stream: Events) -> None:
    """Publish until the server has no room left."""
    client.config_set("maxmemory", SMALL)
    with suppress(redis.OutOfMemoryError):
        for number in range(1000):
            stream.publish([event(number, 900)] * 50)
        raise AssertionError("the server has room for all")


SICK = {
    "full": lambda client: client.config_set("maxmemory", 1),
    "read-only": lambda client: client.replicaof("127.0.0.1", "1"),
    "no rights": lambda client: client.execute_command("ACL SETUSER default -@all +acl"),
    "of another type": lambda client: client.set(EVENTS_KEY, "x"),
}


@pytest.mark.parametrize("sickness", SICK)
def test_a_sick_redis_counts_as_unavailable(client: redis.Redis, sickness: str) -> None:
    stream = Events(client)
    SICK[sickness](client)

    with pytest.raises(streams.AWAY):
        stream.publish([event(1)])


def test_events_of_a_full_redis_are_read_and_trimmed_until_there_is_room(client: redis.Redis) -> None:
    stream = Events(client)
    stream.read("a", 1)
    fill(client, stream)

    for _ in range(1000):
        stream.trim()
        if not (batch := stream.read("a", 1)):
            break
        stream.acknowledge([entry for entry, _ in batch])

    stream.trim()
    stream.publish([event(1, 900)])
    assert client.xlen(EVENTS_KEY) < 200


def test_the_group_is_made_in_a_redis_that_the_stream_has_filled(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Events(client)
    fill(client, stream)
    before = client.xlen(EVENTS_KEY)
    monkeypatch.setattr(streams, "MAX_EVENTS", before)

    batch = stream.read("a", 1)

    assert len(batch) == streams.READ_COUNT
    assert client.xlen(EVENTS_KEY) < before


def test_a_stream_that_nobody_reads_has_room_in_the_embedded_valkey() -> None:
    room = int(embedded.MAX_MEMORY.removesuffix("mb")) << 20

    largest = streams.MAX_EVENTS * (MAX_EVENT_BYTES + 200)
    assert largest < 0.75 * room


def test_the_embedded_valkey_refuses_long_texts(client: redis.Redis) -> None:
    with pytest.raises(redis.RedisError):
        client.xadd(EVENTS_KEY, {"event": b"x" * (2 << 20)})

    assert client.xlen(EVENTS_KEY) == 0


def test_a_stream_that_nobody_reads_does_not_grow_beyond_its_bound(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MAX_EVENTS", 500)
    stream = Events(client)

    for number in range(50):
        stream.publish([event(number)] * 50)

    assert 500 <= client.xlen(EVENTS_KEY) < 700


def test_a_large_event_loses_details_and_a_larger_one_is_left_out_and_the_rest_is_published(
    client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    stream = Events(client)
    group = ErrorGroup("GONE", 7, hint="look", samples=["/" + "a" * 4000] * 5)
    large = ProgressEvent("J", 1, 1, Progress(errors=[group]))
    long = FailureEvent("J", 1, "/b", "GONE", "y" * MAX_EVENT_BYTES)
    longest = FailureEvent("J", 1, "/" + "c" * MAX_EVENT_BYTES, "GONE", "z")

    stream.publish([large, longest, long, event(3)])

    first, second, third = (found for _, found in stream.tail("0-0", 1)[0])
    assert isinstance(first, ProgressEvent)
    assert [(one.reason, one.count, one.hint, one.samples) for one in first.progress.errors] == [
        ("GONE", 7, "look", [])
    ]
    assert isinstance(second, FailureEvent)
    assert (second.path, 100 < len(second.message) <= 1000) == ("/b", True)
    assert third == event(3)
    assert "left out of the stream: 16," in caplog.text
    assert all(len(fields[b"event"]) <= MAX_EVENT_BYTES for _, fields in client.xrange(EVENTS_KEY))


def test_an_entry_that_is_larger_than_an_event_is_dropped(client: redis.Redis) -> None:
    stream = Events(client)
    stream.read("a", 1)
    client.xadd(EVENTS_KEY, {"event": encode(StateEvent("J", 1, "x")).replace("x", "x" * MAX_EVENT_BYTES)})

    assert stream.tail("0-0", 1)[0] == []
    assert stream.read("a", 1) == []
    assert client.xpending(EVENTS_KEY, streams.GROUP)["pending"] == 0
