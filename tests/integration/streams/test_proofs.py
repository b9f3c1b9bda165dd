"""Events that do not come from the attempt that they name: dropped, counted, and not kept."""

from collections.abc import Iterator, Mapping

import pytest
import redis

from avio import streams
from avio.streams import EVENTS_KEY, Events
from avio.wire.events import FailureEvent, ProgressEvent, StateEvent, encode
from avio.wire.progress import Progress
from avio.wire.proofs import new_key

KEY, OTHER = new_key(), new_key()
NAMED = {("JOB", 1): KEY, ("JOB", 2): OTHER, ("OLD", 1): ""}

TOLD = ProgressEvent("JOB", 1, 1, Progress())


def keys(attempts: set[tuple[str, int]]) -> Mapping[tuple[str, int], str]:
    return {attempt: NAMED[attempt] for attempt in attempts & NAMED.keys()}


@pytest.fixture
def client(valkey_url: str) -> Iterator[redis.Redis]:
    with streams.connect(valkey_url) as made:
        yield made


@pytest.fixture
def reader(client: redis.Redis) -> Events:
    return Events(client, keys=keys)


def test_what_an_attempt_signs_is_read(client: redis.Redis, reader: Events) -> None:
    failed = FailureEvent("JOB", 1, "/a", "GONE", "words")
    Events(client, key=KEY).publish([TOLD, failed])

    assert [event for _, event in reader.read("a", 1)] == [TOLD, failed]
    assert [event for _, event in reader.tail("0-0", 1)[0]] == [TOLD, failed]
    assert reader.forged == 0


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (TOLD, ""),
        (TOLD, OTHER),
        (FailureEvent("JOB", 1, "/a", "GONE", "words"), OTHER),
        (ProgressEvent("JOB", 2, 1, Progress()), KEY),
        (ProgressEvent("JOB", 3, 1, Progress()), KEY),
        (ProgressEvent("NOBODY", 1, 1, Progress()), ""),
    ],
    ids=["no proof", "key of another", "failure", "another attempt", "attempt to come", "no such job"],
)
def test_what_is_not_signed_by_its_attempt_is_dropped_counted_and_comes_back_to_nobody(
    client: redis.Redis, reader: Events, event: ProgressEvent | FailureEvent, key: str
) -> None:
    reader.read("a", 1)
    Events(client, key=key).publish([event])
    Events(client, key=KEY).publish([TOLD])

    assert [found for _, found in reader.read("a", 1)] == [TOLD]
    assert reader.forged == 1
    assert client.xpending(EVENTS_KEY, streams.GROUP)["pending"] == 1
    assert [found for _, found in reader.tail("0-0", 1)[0]] == [TOLD]


def test_a_proof_of_another_text_proves_nothing(client: redis.Redis, reader: Events) -> None:
    Events(client, key=KEY).publish([TOLD])
    ((_, fields),) = client.xrange(EVENTS_KEY)
    text = encode(TOLD).replace('"seq":1', '"seq":9')
    client.xadd(EVENTS_KEY, {"event": text, "proof": fields[b"proof"]})

    assert [found for _, found in reader.tail("0-0", 1)[0]] == [TOLD]


def test_a_change_of_state_and_an_attempt_of_an_older_version_need_no_proof(
    client: redis.Redis, reader: Events
) -> None:
    events = [StateEvent("JOB", 1, "running"), ProgressEvent("OLD", 1, 1, Progress())]
    Events(client).publish(events)

    assert [found for _, found in reader.tail("0-0", 1)[0]] == events


def test_keys_that_can_not_be_asked_for_leave_the_events_for_later(client: redis.Redis) -> None:
    class Away(Exception):
        pass

    def away(_: object) -> Mapping[tuple[str, int], str]:
        raise Away

    Events(client, key=KEY).publish([TOLD])

    with pytest.raises(Away):
        Events(client, keys=away).read("a", 1)

    assert client.xpending(EVENTS_KEY, streams.GROUP)["pending"] == 1
