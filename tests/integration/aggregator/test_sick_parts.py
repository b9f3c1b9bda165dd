"""The aggregator beside a sick Redis, forged events, and events that a database refuses: it recovers by itself."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from avio import streams
from avio.db.connection import is_sqlite
from avio.db.sql import change
from avio.streams import EVENTS_KEY, GROUP, Events
from avio.wire.events import FailureEvent, ProgressEvent
from avio.wire.progress import Counters, ErrorGroup, Progress
from avio.wire.proofs import new_key
from tests.contract.db import given
from tests.integration.aggregator.conftest import LIMIT, Aggregators
from tests.processes import wait_until
from tests.servers.valkey import Valkey, valkey

KEY, OTHER = new_key(), new_key()
ROOM = 8 << 20  # bytes of Redis
RECOVERY_LIMIT = 40.0  # seconds


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    """A server that a test makes sick."""
    with valkey(tmp_path / "sick") as made:
        yield made


@pytest.fixture
def sick(server: Valkey) -> Iterator[redis.Redis]:
    with streams.connect(server.url) as made:
        yield made


def progress(job: str, seq: int, done: int, hint: str = "") -> ProgressEvent:
    counters = Counters(files_total=99, files_done=done, bytes_wire=done)
    return ProgressEvent(job, 1, seq, Progress("transferring", True, counters, errors=[ErrorGroup("R", 1, hint=hint)]))


def signed(job: str) -> str:
    """Let the job's attempt have the key KEY; return the job."""
    change("UPDATE attempts SET event_key = ? WHERE job_id = ?", KEY, job)
    return job


def fill(client: redis.Redis) -> None:
    """Add events until there is no room left."""
    client.config_set("maxmemory", ROOM)
    text = "x" * 1000
    try:
        while True:
            with client.pipeline(transaction=False) as pipe:
                for _ in range(100):
                    pipe.xadd(EVENTS_KEY, {"event": text})
                pipe.execute()
    except redis.OutOfMemoryError:
        return


@pytest.mark.faults
@pytest.mark.parametrize("has_group", [True, False], ids=["with its group", "without a group"])
def test_a_redis_that_events_have_filled_is_emptied_by_each_start(
    aggregator: Aggregators, server: Valkey, sick: redis.Redis, has_group: bool
) -> None:
    job = given.running()
    if has_group:
        Events(sick).read("before", 1)
    fill(sick)
    before = sick.xlen(EVENTS_KEY)

    process = aggregator(AVIO_REDIS_URL=server.url)

    wait_until(lambda: sick.xlen(EVENTS_KEY) < before // 20, RECOVERY_LIMIT, "there is room again")
    Events(sick).publish([progress(job, 1, 5)])
    wait_until(lambda: given.row(job)["files_done"] == 5, LIMIT, "events are folded again")
    assert process.poll() is None


def test_it_reaps_and_goes_on_while_the_stream_is_a_key_of_another_type(
    aggregator: Aggregators, server: Valkey, sick: redis.Redis
) -> None:
    lost, job = given.running(), given.running()
    sick.set(EVENTS_KEY, "x")
    process = aggregator(AVIO_REDIS_URL=server.url)
    given.node("n2")
    given.set_row(lost, node="n2")
    given.lease_over("n2", 5)

    wait_until(lambda: given.state(lost) == "queued", LIMIT, "the lost job waits again")
    time.sleep(3)  # in which it trims, takes over and reads
    assert process.poll() is None
    sick.delete(EVENTS_KEY)
    wait_until(lambda: sick.exists(EVENTS_KEY), LIMIT, "the stream is there again")
    Events(sick).publish([progress(job, 1, 5)])

    wait_until(lambda: given.row(job)["files_done"] == 5, LIMIT, "events are folded again")
    assert process.poll() is None


def test_what_a_job_process_says_of_another_job_is_dropped_and_its_own_words_count(
    aggregator: Aggregators, client: redis.Redis
) -> None:
    job = signed(given.running())
    process = aggregator()
    forged = [
        progress(job, 2**40, 2**40, hint="your token expired: run this"),
        FailureEvent(job, 1, "/forged", "GONE", "words"),
    ]
    Events(client).publish(forged)
    Events(client, key=OTHER).publish(forged)

    Events(client, key=KEY).publish([progress(job, 1, 5), FailureEvent(job, 1, "/a", "GONE", "words")])

    wait_until(lambda: given.row(job)["files_done"] == 5, LIMIT, "its own event is folded")
    wait_until(lambda: client.xpending(EVENTS_KEY, GROUP)["pending"] == 0, LIMIT, "all is acknowledged")
    row = given.row(job)
    assert (row["seq"], row["bytes_wire"], "token" in row["errors"]) == (1, 5, False)
    assert [one.path for one in given.failures(job)] == ["/a"]
    assert process.poll() is None


def test_events_that_the_database_refuses_are_left_out_and_the_rest_is_folded(
    aggregator: Aggregators, stream: Events, client: redis.Redis
) -> None:
    """The job of a trigger that refuses it stands for whatever a database has against a statement."""
    refused, job = given.running(), given.running()
    if is_sqlite():
        change(
            f"CREATE TRIGGER refuse BEFORE UPDATE ON jobs WHEN NEW.id = '{refused}' AND NEW.seq > 0"
            " BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    else:
        change(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'refused' USING ERRCODE = '54000'; END $$"
        )
        change(
            f"CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW WHEN (NEW.id = '{refused}' AND NEW.seq > 0)"
            " EXECUTE FUNCTION refuse()"
        )
    stream.publish([progress(refused, 1, 5), progress(job, 1, 7)])

    process = aggregator()

    wait_until(lambda: given.row(job)["files_done"] == 7, LIMIT, "the other job's event is folded")
    wait_until(lambda: client.xpending(EVENTS_KEY, GROUP)["pending"] == 0, LIMIT, "all is acknowledged")
    assert given.row(refused)["files_done"] == 0
    assert process.poll() is None
