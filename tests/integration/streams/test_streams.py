"""The stream of events on a real Valkey: nothing is lost but by a wipe, and a wipe does no harm."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from avio import streams
from avio.streams import EVENTS_KEY, GROUP, Events
from avio.wire.events import Event, StateEvent, encode
from tests.processes import wait_until
from tests.servers.valkey import valkey


def event(number: int) -> StateEvent:
    return StateEvent(f"JOB{number}", 1, "running")


def bare(batch: streams.Batch) -> list[Event]:
    return [one for _, one in batch]


@pytest.fixture
def client(valkey_url: str) -> Iterator[redis.Redis]:
    with streams.connect(valkey_url) as made:
        yield made


@pytest.fixture
def stream(client: redis.Redis) -> Events:
    return Events(client)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event may be taken over at once."""
    monkeypatch.setattr(streams, "CLAIM_IDLE_MS", 0)


def test_events_are_read_once_in_order(stream: Events) -> None:
    stream.publish([event(1), event(2)])
    stream.publish([event(3)])

    assert bare(stream.read("a", 10)) == [event(1), event(2), event(3)]
    assert stream.read("a", 10) == []


def test_two_readers_of_the_group_share_the_events(stream: Events) -> None:
    stream.publish([event(number) for number in range(4)])

    assert bare(stream.read("a", 10, count=3) + stream.read("b", 10)) == [event(number) for number in range(4)]


def test_a_stream_that_is_not_there_yet_is_empty(stream: Events) -> None:
    assert stream.read("a", 10) == []
    assert stream.take_over("a") == []
    assert stream.last_id() != ""


def test_the_group_is_made_again_after_a_wipe(stream: Events, client: redis.Redis) -> None:
    stream.publish([event(1)])
    stream.read("a", 10)

    client.flushall()
    stream.publish([event(2)])

    assert bare(stream.read("a", 10)) == [event(2)]
    client.flushall()
    assert stream.take_over("a") == []
    stream.acknowledge(["1-1"])


def test_events_that_came_before_the_first_reader_are_not_lost(stream: Events) -> None:
    stream.publish([event(1)])

    assert bare(stream.read("late", 10)) == [event(1)]


@pytest.mark.usefixtures("impatient")
def test_what_a_dead_reader_did_not_acknowledge_is_taken_over(stream: Events) -> None:
    stream.publish([event(1), event(2)])
    first, second = stream.read("dead", 10)
    stream.acknowledge([first[0]])

    taken = stream.take_over("alive")

    assert taken == [second]
    stream.acknowledge([second[0]])
    assert stream.take_over("alive") == []


def test_what_a_reader_was_given_a_moment_ago_is_not_taken_over(stream: Events) -> None:
    stream.publish([event(1)])
    stream.read("busy", 10)

    assert stream.take_over("other") == []


@pytest.mark.usefixtures("impatient")
def test_trimming_keeps_what_is_pending_or_unread(stream: Events, client: redis.Redis) -> None:
    stream.publish([event(number) for number in range(1000)])
    given_out = stream.read("a", 10, count=500)
    stream.acknowledge([entry for entry, _ in given_out[:300]])

    stream.trim()

    assert client.xlen(EVENTS_KEY) >= 700
    assert client.xlen(EVENTS_KEY) < 1000
    assert stream.take_over("b", count=500) == given_out[300:]
    assert bare(stream.read("b", 10, count=500)) == [event(number) for number in range(500, 1000)]


def test_trimming_what_is_all_acknowledged_frees_it(stream: Events, client: redis.Redis) -> None:
    stream.publish([event(number) for number in range(1000)])
    stream.acknowledge([entry for entry, _ in stream.read("a", 10, count=1000)])

    stream.trim()

    assert client.xlen(EVENTS_KEY) < 200


def test_trimming_a_stream_without_a_group_keeps_all(stream: Events, client: redis.Redis) -> None:
    stream.publish([event(1)])

    stream.trim()

    assert client.xlen(EVENTS_KEY) == 1


def test_consumers_of_processes_that_have_ended_go_unless_events_wait_for_them(
    stream: Events, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream.forget_gone()  # there is no group
    stream.publish([event(1), event(2)])
    stream.acknowledge([entry for entry, _ in stream.read("gone", 10, count=1)])
    stream.read("died", 10)
    monkeypatch.setattr(streams, "GONE_MS", 300)
    time.sleep(0.5)
    stream.read("alive", 10)

    stream.forget_gone()

    assert {one["name"] for one in client.xinfo_consumers(EVENTS_KEY, GROUP)} == {b"died", b"alive"}
    monkeypatch.setattr(streams, "CLAIM_IDLE_MS", 0)
    assert bare(stream.take_over("alive")) == [event(2)]
    monkeypatch.setattr(streams, "GONE_MS", 10)
    time.sleep(0.1)
    stream.forget_gone()
    assert {one["name"] for one in client.xinfo_consumers(EVENTS_KEY, GROUP)} == {b"alive"}


def test_a_wipe_while_a_reader_waits_is_no_fault(stream: Events, client: redis.Redis, valkey_url: str) -> None:
    with ThreadPoolExecutor(1) as pool, streams.connect(valkey_url) as other:
        waiting = pool.submit(Events(other).read, "a", 1500)
        wait_until(lambda: "flags=b" in str(client.execute_command("CLIENT LIST TYPE normal")), 5, "it waits")

        client.flushall()

        assert waiting.result(5) == []


def test_trimming_after_a_wipe_is_no_fault(stream: Events, client: redis.Redis) -> None:
    stream.publish([event(1)])
    stream.read("a", 10)
    client.flushall()

    stream.trim()

    assert client.exists(EVENTS_KEY) == 0


@pytest.mark.usefixtures("impatient")
def test_garbage_is_dropped_and_comes_back_to_nobody(stream: Events, client: redis.Redis) -> None:
    stream.read("a", 1)
    for fields in ({"event": "{"}, {"other": "x"}, {"event": b"\xff\xfe"}, {"event": '{"kind":"poem"}'}):
        client.xadd(EVENTS_KEY, fields)  # type: ignore[arg-type]
    stream.publish([event(1)])

    batch = stream.read("a", 10)
    stream.acknowledge([entry for entry, _ in batch])

    assert bare(batch) == [event(1)]
    assert stream.take_over("b") == []
    pending = client.xpending(EVENTS_KEY, GROUP)
    assert pending["pending"] == 0, "garbage stays pending for ever, and holds up the trimming"


def test_a_listener_without_a_group_sees_what_comes_after_it(stream: Events) -> None:
    assert stream.last_id() == "0-0"
    stream.publish([event(1)])
    after = stream.last_id()
    stream.publish([event(2)])

    assert bare(stream.tail(after, 10)[0]) == [event(2)]
    assert bare(stream.tail("0-0", 10)[0]) == [event(1), event(2)]
    assert bare(stream.tail("0-0", 10, count=1)[0]) == [event(1)]
    assert stream.tail(stream.last_id(), 10) == ([], stream.last_id())


def test_every_event_is_a_single_field(stream: Events, client: redis.Redis) -> None:
    stream.publish([event(1)])

    ((_, fields),) = client.xrange(EVENTS_KEY)

    assert fields == {b"event": encode(event(1)).encode()}


def test_a_redis_that_is_away_is_told_within_the_limit_and_comes_back(tmp_path_factory: pytest.TempPathFactory) -> None:
    with valkey(tmp_path_factory.mktemp("own")) as server, streams.connect(server.url, timeout=0.5) as client:
        stream = Events(client)
        stream.publish([event(1)])

        server.kill()
        with pytest.raises(streams.AWAY):
            stream.publish([event(2)])

        server.start()
        stream.publish([event(3)])
        assert bare(stream.read("a", 10)) == [event(3)]
