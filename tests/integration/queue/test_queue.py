"""The queue of hints on a real Valkey: ids go in, ids come out, and nothing else is ever run."""

import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
import redis
from rq import Callback, Queue
from rq.job import Job

from avio import queue, streams
from tests.processes import command, wait_until

ROOT = Path(__file__).resolve().parents[3]
LIMIT = 10.0


class Taker:
    """A process that takes hints; `take()` returns the next id that it was handed."""

    def __init__(self, url: str, free: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.queue.programs.take_hints", url, free],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._taken: SimpleQueue[str] = SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._taken.put(line.strip())

    def take(self) -> str:
        return self._taken.get(timeout=LIMIT)

    def has_taken_nothing(self) -> bool:
        try:
            self._taken.get(timeout=0.2)
        except Empty:
            return True
        return False

    def close(self) -> None:
        self.process.kill()
        self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def client(valkey_url: str) -> Iterator[redis.Redis]:
    with streams.connect(valkey_url) as made:
        yield made


@pytest.fixture
def free(tmp_path: Path) -> Path:
    """There is a free slot while this file is there."""
    file = tmp_path / "free"
    file.touch()
    return file


@pytest.fixture
def taker(valkey_url: str, free: Path) -> Iterator[Taker]:
    made = Taker(valkey_url, free)
    yield made
    made.close()


def waiting(client: redis.Redis) -> list[str]:
    return Queue(queue.NAME, connection=client).get_job_ids()


def test_a_hint_is_an_id_and_nothing_else(client: redis.Redis) -> None:
    queue.push(client, ["JOB1", "JOB2"])

    assert waiting(client) == ["JOB1", "JOB2"]
    hint = queue.HintJob.fetch("JOB1", connection=client, serializer="json")
    assert (hint.func_name, list(hint.args), hint.kwargs) == (queue.FUNCTION, ["JOB1"], {})


def test_a_job_whose_hint_waits_gets_no_second_one(client: redis.Redis) -> None:
    queue.push(client, ["JOB1"])
    queue.push(client, ["JOB1", "JOB2"])
    queue.push(client, [])

    assert waiting(client) == ["JOB1", "JOB2"]


def test_hints_are_taken_in_order_and_leave_nothing_behind(client: redis.Redis, taker: Taker) -> None:
    queue.push(client, ["JOB1", "JOB2"])

    assert [taker.take(), taker.take()] == ["JOB1", "JOB2"]
    wait_until(lambda: not client.keys("rq:job:*"), LIMIT, "the hints are gone")
    queue.push(client, ["JOB1"])
    assert taker.take() == "JOB1"


def test_no_hint_is_taken_while_there_is_no_slot(client: redis.Redis, taker: Taker, free: Path) -> None:
    queue.push(client, ["JOB1"])
    assert taker.take() == "JOB1"
    free.unlink()
    wait_until(lambda: client.llen("rq:queue:avio") == 0, LIMIT, "the queue is empty")
    # One round with the old answer may be under way.
    queue.push(client, ["JOB2", "JOB3"])
    wait_until(lambda: len(waiting(client)) >= 1, LIMIT, "the hints are there")
    if not taker.has_taken_nothing():
        assert taker.has_taken_nothing()
    assert "JOB3" in waiting(client)

    free.touch()

    wait_until(lambda: waiting(client) == [], LIMIT, "the hints are taken")


def test_a_forged_entry_is_refused_and_the_next_hint_is_taken(
    client: redis.Redis, taker: Taker, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    forged = Queue(queue.NAME, connection=client, serializer="json")
    forged.enqueue("os.system", f"touch {trap}")
    forged.enqueue("avio.queue.hand_over.__globals__", "x")
    forged.enqueue(queue.FUNCTION, 7)
    Queue(queue.NAME, connection=client).enqueue("os.system", f"touch {trap}")
    queue.push(client, ["JOB1"])

    assert taker.take() == "JOB1"
    assert not trap.exists()


@pytest.mark.parametrize("which", ["on_success", "on_failure", "on_stopped"])
def test_a_call_back_is_never_called(client: redis.Redis, taker: Taker, tmp_path: Path, which: str) -> None:
    trap = tmp_path / "trap"
    forged = Queue(queue.NAME, connection=client, serializer="json")
    argument = 7 if which == "on_failure" else "JOB0"
    forged.enqueue(
        queue.FUNCTION, argument, meta={"trap": str(trap)}, **{which: Callback("tests.process.programs.trap.spring")}
    )
    queue.push(client, ["JOB1"])

    taken = [taker.take()]
    if taken == ["JOB0"]:
        taken.append(taker.take())

    assert taken[-1] == "JOB1"
    assert not trap.exists()
    assert taker.process.poll() is None


def test_a_command_to_stop_the_worker_is_not_heard(client: redis.Redis, taker: Taker) -> None:
    queue.push(client, ["JOB1"])
    assert taker.take() == "JOB1"

    assert client.publish("rq:pubsub:taker-0", '{"command": "shutdown"}') == 0

    queue.push(client, ["JOB2"])
    assert taker.take() == "JOB2"


def test_the_process_that_takes_hints_keeps_its_title(client: redis.Redis, taker: Taker) -> None:
    queue.push(client, ["JOB1"])
    assert taker.take() == "JOB1"

    assert "programs.take_hints" in command(taker.process.pid)
    assert "rq:worker" not in command(taker.process.pid)


def test_entries_of_a_queue_that_are_no_jobs_are_passed_over(client: redis.Redis, taker: Taker) -> None:
    client.rpush("rq:queue:avio", "nowhere", b"\xff\xfe")
    client.hset("rq:job:torn", mapping={"data": b"\x80\x04garbage"})
    client.rpush("rq:queue:avio", "torn")
    queue.push(client, ["JOB1"])

    assert taker.take() == "JOB1"


def test_an_entry_that_is_larger_than_a_hint_is_deleted_before_it_is_read(
    client: redis.Redis, taker: Taker, tmp_path: Path
) -> None:
    unpacked = 300 << 20
    bomb = zlib.compress(bytes(unpacked), 9)
    assert 4096 < len(bomb) < 1 << 20  # what the server lets in
    before = peak_memory(taker.process.pid)
    for name in ("data", "created_at", "status"):
        client.hset(f"rq:job:{name}", mapping={"data": b"x", "origin": queue.NAME, "status": "queued", name: bomb})
        client.rpush("rq:queue:avio", name)
    client.hset("rq:job:unread", mapping={"data": b"x", "origin": queue.NAME, "status": "queued", "exc_info": bomb})
    client.rpush("rq:queue:avio", "unread")
    queue.push(client, ["JOB1"])

    assert taker.take() == "JOB1"
    assert client.exists("rq:job:data", "rq:job:created_at", "rq:job:status") == 0
    assert peak_memory(taker.process.pid) - before < unpacked / 3


def peak_memory(pid: int) -> int:
    """Return the peak of a process's resident memory in bytes."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) << 10


def test_a_hint_outside_of_intake_is_refused() -> None:
    with pytest.raises(queue.ForgedHint):
        queue.hand_over("JOB1")


def test_only_our_function_passes_the_allow_list(client: redis.Redis) -> None:
    job = Job.create("os.system", args=("true",), connection=client, serializer="json")
    job.save()

    forged = queue.HintJob.fetch(job.id, connection=client, serializer="json")

    with pytest.raises(queue.ForgedHint, match=r"os\.system"):
        _ = forged.func
