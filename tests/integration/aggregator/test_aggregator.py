"""The aggregator at work: it folds, sweeps and reaps, and its death loses nothing."""

import signal

import redis
from rq import Queue

from avio import queue
from avio.db import aggregators, history, orders
from avio.db.sql import change
from avio.streams import EVENTS_KEY, GROUP, Events
from avio.wire.events import FailureEvent, ProgressEvent, StateEvent
from avio.wire.progress import Counters, Progress
from avio.wire.states import State
from tests.contract.db import given
from tests.integration.aggregator.conftest import LIMIT, Aggregators
from tests.processes import wait_until


def progress(job: str, seq: int, done: int) -> ProgressEvent:
    return ProgressEvent(job, 1, seq, Progress("transferring", True, Counters(files_total=99, files_done=done)))


def pending(client: redis.Redis) -> int:
    return int(client.xpending(EVENTS_KEY, GROUP)["pending"])


def wait_for_files(job: str, done: int) -> None:
    wait_until(lambda: given.row(job)["files_done"] == done, LIMIT, f"{done} files are folded")


def test_it_is_alive_until_it_ends_in_order(aggregator: Aggregators) -> None:
    process = aggregator()
    wait_until(lambda: aggregators.alive() == 1, LIMIT, "the aggregator is alive")

    process.terminate()
    assert process.wait(LIMIT) == 0

    assert aggregators.alive() == 0


def test_events_of_a_real_stream_get_into_the_rows_and_are_acknowledged(
    aggregator: Aggregators, stream: Events, client: redis.Redis
) -> None:
    job = given.running()
    stream.publish([progress(job, 1, 5), FailureEvent(job, 1, "/a", "GONE", "words"), StateEvent(job, 1, "running")])

    process = aggregator()
    wait_for_files(job, 5)
    stream.publish([progress(job, 2, 8)])
    wait_for_files(job, 8)

    assert [one.path for one in given.failures(job)] == ["/a"]
    wait_until(lambda: pending(client) == 0, LIMIT, "all is acknowledged")
    process.send_signal(signal.SIGTERM)
    assert process.wait(LIMIT) == 0


def test_garbage_and_events_that_no_database_takes_do_not_stop_it(
    aggregator: Aggregators, stream: Events, client: redis.Redis
) -> None:
    job = given.running()
    for text in (
        "{",
        "[" * 50_000,
        '{"kind":"failure","job":"a\\u0000b","attempt":1,"path":"/","reason":"","message":""}',
    ):
        client.xadd(EVENTS_KEY, {"event": text})
    stream.publish(
        [
            FailureEvent("01ARZ3NDEKTSV4RRFFQ69G5FAV", 2**40, "/far", "GONE", "beyond an INTEGER"),
            FailureEvent(job, 1, "/far", "GONE", "beyond an INTEGER", tries=2**40),
            progress(job, 1, 5),
        ]
    )

    process = aggregator()
    wait_for_files(job, 5)

    wait_until(lambda: pending(client) == 0, LIMIT, "nothing comes back")
    assert process.poll() is None


def test_events_are_folded_again_by_the_next_one_when_it_dies_before_the_acknowledgement(
    aggregator: Aggregators, stream: Events, client: redis.Redis
) -> None:
    job = given.running()
    stream.publish([progress(job, 1, 5)])

    assert aggregator(AVIO_FAULT="aggregator.before-ack:kill").wait(LIMIT) == -signal.SIGKILL
    assert given.row(job)["files_done"] == 5
    assert pending(client) == 1
    before = given.row(job)
    entry = client.xpending_range(EVENTS_KEY, GROUP, "-", "+", 1)[0]["message_id"]
    # As if the dead one had had it for long.
    client.xclaim(EVENTS_KEY, GROUP, "dead", 0, [entry], idle=60_000, retrycount=1)
    aggregator()

    wait_until(lambda: pending(client) == 0, LIMIT, "it is acknowledged")
    assert given.row(job) == before


def test_hints_are_pushed_again_after_redis_was_wiped(aggregator: Aggregators, client: redis.Redis) -> None:
    jobs = sorted(given.job() for _ in range(3))
    aggregator()
    hints = Queue(queue.NAME, connection=client)
    wait_until(lambda: len(hints.get_job_ids()) == 3, LIMIT, "hints of jobs that never had one")

    client.flushall()
    given.set_row(jobs[0], pushed_at=1)
    given.set_row(jobs[1], pushed_at=1)

    wait_until(lambda: sorted(hints.get_job_ids()) == jobs[:2], LIMIT, "hints of jobs whose last one is long ago")


def test_jobs_of_a_dead_node_are_given_back_and_cancelled_ones_end(aggregator: Aggregators, stream: Events) -> None:
    back, cancelled, alive = given.running(), given.running(), given.job()
    orders.cancel(cancelled, "")
    given.node("n2")
    given.claim(alive, "n2")
    given.lease_over("n1", 5)

    aggregator()

    wait_until(lambda: given.state(cancelled) == "cancelled", LIMIT, "the cancelled job has ended")
    wait_until(lambda: given.state(back) == "queued", LIMIT, "the other job waits again")
    assert given.row(back)["losses"] == 1
    assert given.state(alive) == "starting"
    told = {StateEvent(back, 1, "queued"), StateEvent(cancelled, 1, "cancelled")}
    wait_until(lambda: told <= {event for _, event in stream.tail("0-0", 10)[0]}, LIMIT, "listeners are told")


def test_it_reaps_on_while_redis_is_away(aggregator: Aggregators) -> None:
    job = given.running()
    given.lease_over("n1", 5)

    aggregator(AVIO_REDIS_URL="redis://127.0.0.1:1/0")

    wait_until(lambda: given.state(job) == "queued", LIMIT, "the job waits again")


def test_a_database_of_another_version_is_refused(aggregator: Aggregators) -> None:
    change("UPDATE schema_version SET version = 99")

    assert aggregator().wait(LIMIT) == 1


def test_old_jobs_are_deleted_while_events_are_folded(aggregator: Aggregators, stream: Events) -> None:
    old, running = given.in_state(State.FAILED), given.running()
    given.set_row(old, finished_at=1.0, started_at=None)
    stream.publish([progress(running, 1, 5)])

    aggregator(AVIO_JOB_KEEP="60")

    wait_until(lambda: history.find(old) is None, LIMIT, "the old job is deleted")
    wait_for_files(running, 5)
