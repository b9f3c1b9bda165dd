"""Queue entries written straight into Redis, taken by a real intake: refused, logged, not run, and work goes on."""

import pickle
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import redis
from rq import Callback, Queue, Repeat, Retry, Webhook
from rq.job import Job

from avio import queue
from tests.process.site import Site
from tests.processes import wait_until

SPRING = "tests.process.programs.trap.spring"
NO_JOB = "01ARZ3NDEKTSV4RRFFQ69G5FAV"  # the form of an id, and nobody's


class Post:
    """A web server that notes who calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        post = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                post.calls.append(self.path)
                self.send_response(204)
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def client(site_with_redis: Site) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(site_with_redis.redis_url) as made:
        yield made


def waiting(client: redis.Redis) -> int:
    return Queue(queue.NAME, connection=client).count


def forge(client: redis.Redis, traps: Path, url: str) -> list[str]:
    """Put every kind of forged entry onto the queue, each with a trap of its own; return the ids of the last four."""
    entries = Queue(queue.NAME, connection=client, serializer="json")

    def called_back(name: str, argument: object) -> None:
        trap = {"trap": str(traps / f"{name}-{argument}")}
        entries.enqueue(queue.FUNCTION, argument, meta=trap, **{f"on_{name}": Callback(SPRING)})

    for name in ("success", "failure", "stopped"):
        called_back(name, NO_JOB)
        called_back(name, 7)  # which is no id, and fails
    pickled = pickle.dumps(("os.system", None, (f"touch {traps / 'pickled'}",), {}))
    client.hset("rq:job:raw", mapping={"data": pickled, "origin": queue.NAME, "status": "queued"})
    client.rpush("rq:queue:avio", "raw", "nowhere", b"\xff\xfe")
    Queue(queue.NAME, connection=client).enqueue("os.system", f"touch {traps / 'pickled by rq'}")
    entries.enqueue(queue.FUNCTION, NO_JOB, webhooks=[Webhook(f"{url}/finished", "finished")])
    entries.enqueue(queue.FUNCTION, 7, webhooks=[Webhook(f"{url}/failed", "failed")])
    entries.enqueue(queue.FUNCTION, NO_JOB, repeat=Repeat(times=1000, interval=1))
    kept = entries.enqueue(queue.FUNCTION, NO_JOB, result_ttl=-1)
    return [
        kept.id,
        entries.enqueue("os.system", f"touch {traps / 'called'}").id,
        entries.enqueue("avio.queue.push", "x").id,
        entries.enqueue("os.system", f"touch {traps / 'again'}", retry=Retry(max=100_000)).id,
    ]


def test_forged_entries_are_refused_and_logged_nothing_is_run_and_intake_lives_on(
    site_with_redis: Site, client: redis.Redis, tmp_path: Path, post: Post
) -> None:
    site = site_with_redis
    site.fill(3)
    traps = tmp_path / "traps"
    traps.mkdir()
    kept, *called = forge(client, traps, post.url)
    client.set("rq:suspended", 1)
    supervisor = site.supervisor()
    intake = supervisor.intake()

    wait_until(lambda: waiting(client) == 0, 20, "all forged hints were taken")
    job = site.order()
    queue.push(client, [job])
    wait_until(lambda: not client.exists(f"rq:job:{job}"), 20, "the next hint is taken")

    assert site.wait_for_end(job)["state"] == "succeeded"
    assert [trap.name for trap in traps.iterdir()] == []
    assert post.calls == []
    assert supervisor.intake() == intake
    words = supervisor.words()
    for entry, function in zip(called, ("os.system", "avio.queue.push", "os.system"), strict=True):
        assert words.count(f"ForgedHint: queue entry {entry} names the function '{function}'") == 1
    assert "job raw: exception raised while executing (<DeserializationError>)" in words
    assert client.zcard("rq:scheduled:avio") == 0
    assert not client.exists(f"rq:job:{kept}")
    assert supervisor.terminate() == 0


@pytest.mark.faults
def test_entries_that_can_not_be_read_cost_a_second_each_and_no_more(
    site_with_redis: Site, client: redis.Redis
) -> None:
    for member in ("status", "timeout", "created_at", "retry_intervals"):
        entry = Job.create(queue.FUNCTION, args=(NO_JOB,), connection=client, serializer="json", id=f"bad-{member}")
        entry.save()
        client.hset(f"rq:job:{entry.id}", member, b"\xff")
        client.rpush("rq:queue:avio", entry.id)
    queue.push(client, [NO_JOB])

    supervisor = site_with_redis.supervisor()
    intake = supervisor.intake()

    wait_until(lambda: not client.exists(f"rq:job:{NO_JOB}"), 20, "the next hint is taken")
    assert supervisor.intake() == intake
    assert waiting(client) == 0
