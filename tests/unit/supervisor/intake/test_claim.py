"""What a hint and a poll make a node claim: the most urgent due jobs, whichever job a hint names."""

import errno
import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

import avio
from avio.db import claims, ends, event_keys
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.states import JobType
from avio.wire.timings import Forecast, Timing
from supervisor.intake import claim
from supervisor.intake.claim import CANDIDATES
from supervisor.intake.compatibility import unknown_part
from supervisor.shared.messages import MessageBuffer, Start
from supervisor.shared.spool import Spool
from tests.contract.db import given
from tests.unit.supervisor.intake.claiming_node import Node, list_job


@pytest.fixture
def node(tables: str, tmp_path: Path) -> Iterator[Node]:
    made = Node(tmp_path / "spool")
    yield made
    made.close()


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The limits with which the database was asked for due jobs."""
    asked: list[int] = []
    due = claims.due
    monkeypatch.setattr(claims, "due", lambda limit, without: asked.append(limit) or due(limit, without))
    return asked


def test_a_hint_has_the_oldest_due_job_claimed_not_the_one_it_names(node: Node) -> None:
    older, younger = given.job(run_at=1), given.job(run_at=2)

    node.claimer.look(younger)

    assert node.started() == [older]
    assert (given.state(older), given.state(younger)) == ("starting", "queued")


def test_a_hint_has_one_job_claimed_and_leaves_the_others_to_other_nodes(node: Node) -> None:
    jobs = [given.job(run_at=number) for number in range(3)]

    node.claimer.look(jobs[0])

    assert node.started() == jobs[:1]
    assert node.slots.held() == {jobs[0]: 1}


def test_a_hint_whose_first_job_another_node_was_faster_at_has_the_next_one_claimed(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = given.job(run_at=1), given.job(run_at=2)
    given.node("n2")
    due = claims.due

    def slow(limit: int, without: Collection[str]) -> list[str]:
        found = due(limit, without)
        assert claims.claim(first, "n2", 1) is not None
        return found

    monkeypatch.setattr(claims, "due", slow)

    node.claimer.look(first)

    assert node.started() == [second]
    assert node.slots.held() == {second: 1}


def test_a_hint_for_a_job_that_is_here_or_without_a_free_slot_costs_no_query(node: Node, queries: list[int]) -> None:
    jobs = [given.job(run_at=number) for number in range(4)]
    node.claimer.look(jobs[0])
    assert len(queries) == 1

    for _ in range(10):
        node.claimer.look(jobs[0])
    assert len(queries) == 1

    node.claimer.look(jobs[1])
    for _ in range(10):
        node.claimer.look(jobs[2])

    assert len(queries) == 2
    assert node.started() == jobs[:2]


def test_a_hint_for_a_job_that_is_not_due_or_not_there_does_nothing(node: Node) -> None:
    later = given.job(run_at=1e12)

    node.claimer.look(later)
    node.claimer.look("01ARZ3NDEKTSV4RRFFQ69G5FAV")

    assert node.started() == []
    assert node.slots.free() == 2


def test_a_poll_claims_as_many_due_jobs_as_there_are_slots_oldest_first(node: Node, queries: list[int]) -> None:
    jobs = [given.job(run_at=number) for number in (3, 1, 2)]

    node.claimer.poll()
    node.claimer.poll()

    assert node.started() == [jobs[1], jobs[2]]
    assert queries == [CANDIDATES, CANDIDATES]


def test_a_poll_takes_turns_among_users_who_wait(node: Node) -> None:
    given.user("bob")
    first, *_ = (given.job(run_at=number) for number in range(5))
    other = given.job(uid=2, run_at=9)

    node.claimer.poll()

    assert node.started() == [first, other]


NEWER = {
    "a param": ({"params": '{"alluxioUri": "/data", "newer": 1}'}, "the param newer"),
    "a choice": ({"params": '{"alluxioUri": "/data", "verify": "twice"}'}, "params.verify, which must be"),
    "a form": ({"params": '{"fromFileList": true, "fileListId": 7}'}, "the form of its params"),
    "a range": ({"params": '{"alluxioUri": "/data", "depth": -2}'}, "params.depth, which must be"),
}


def test_a_type_of_jobs_of_a_newer_version_is_not_known() -> None:
    assert unknown_part(max(JobType), '{"alluxioUri": "/data"}') is None
    assert unknown_part(max(JobType) + 1, '{"alluxioUri": "/data"}') == f"jobs of type {max(JobType) + 1}"


@pytest.mark.parametrize("newer", NEWER)
def test_a_job_of_a_newer_version_waits_with_its_reason_and_the_next_ones_are_claimed(
    node: Node, queries: list[int], newer: str
) -> None:
    columns, words = NEWER[newer]
    strange = [given.job(run_at=1, **columns) for _ in range(CANDIDATES + 3)]
    next_, last = given.job(run_at=2), given.job(run_at=3)

    node.claimer.look(strange[0])
    node.claimer.poll()
    node.claimer.poll()

    assert node.started() == [next_, last]
    for job in strange:
        row = given.row(job)
        assert (row["state"], row["attempt"], row["losses"], row["crashes"]) == ("queued", 0, 0, 0)
        assert f"node n1 (avio {avio.__version__}) does not know {words}" in row["message"]
        assert "upgrade the nodes" in row["message"]
        assert row["version"] == 2, "it was told once"
    given.node("n2")
    assert claims.claim(strange[0], "n2", 1) is not None
    assert given.row(strange[0])["message"] == ""


def test_a_node_remembers_a_bounded_number_of_jobs_that_it_does_not_know(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "MAX_REFUSED", 3)
    for _ in range(5):
        given.job(run_at=1, params='{"alluxioUri": "/data", "newer": 1}')
    known = given.job(run_at=2)

    node.claimer.look(known)

    assert node.started() == [known]
    assert node.slots.held() == {known: 1}


@pytest.mark.parametrize("params", ["no json", "[]"])
def test_a_job_that_no_version_understands_fails_and_the_next_one_is_claimed(node: Node, params: str) -> None:
    strange, next_ = given.job(run_at=1, params=params), given.job(run_at=2)

    node.claimer.look(strange)

    assert node.started() == [next_]
    assert node.slots.held() == {next_: 1}
    row = given.row(strange)
    assert (row["state"], row["reason"]) == ("failed", "INTERNAL")
    assert "node n1 does not understand the job request" in row["message"]


def test_an_attempt_that_the_node_can_not_prepare_is_given_back_with_its_reason(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    job = given.job(run_at=1)
    monkeypatch.setattr(Spool, "make", full)

    node.claimer.poll()

    assert (node.started(), node.slots.held()) == ([], {})
    row = given.row(job)
    assert (row["state"], row["attempt"], row["crashes"]) == ("queued", 1, 1)
    assert row["message"] == "node n1 could not prepare the attempt: [Errno 28] No space left on device"


def test_the_key_of_an_attempt_is_in_its_directory_and_its_row_and_not_in_its_order(node: Node, tmp_path: Path) -> None:
    job = given.job()

    node.claimer.poll()

    key = (tmp_path / "spool" / f"{job}.1" / "event.key").read_text()
    assert len(key) == 64
    assert event_keys.of_jobs([job]) == {(job, 1): key}
    (message,) = MessageBuffer().feed(node.keeper.recv(1 << 20))
    assert isinstance(message, Start)
    assert key not in message.order


def test_a_list_in_the_bucket_is_left_to_the_job_process(node: Node) -> None:
    params = Params(from_file_list=True, file_list_path="/data/list")
    given.job(params=json.dumps(params.to_json()), path=None, run_at=1)

    node.claimer.poll()

    (message,) = MessageBuffer().feed(node.keeper.recv(1 << 20))
    assert isinstance(message, Start)
    order = Order.from_json(message.order)
    assert (order.params, order.file_list) == (params, None)


def test_the_url_of_a_webhook_is_not_in_the_order(node: Node) -> None:
    params = Params("/data", notify="http://hooks.example/hush", report_to="/logs/r")
    given.job(params=json.dumps(params.to_json()), run_at=1)

    node.claimer.poll()

    (message,) = MessageBuffer().feed(node.keeper.recv(1 << 20))
    assert isinstance(message, Start)
    assert Order.from_json(message.order).params.report_to == "/logs/r"
    assert "hush" not in message.order


def test_all_jobs_of_a_node_have_the_same_looks_and_keeps(node: Node, tmp_path: Path) -> None:
    given.job()
    given.job()

    node.claimer.poll()

    looks = tmp_path / "spool" / "looks"
    assert [(order.looks, order.keeps) for order in node.orders()] == [
        (str(looks / "newest"), str(looks / "keeps"))
    ] * 2


def test_an_order_has_the_timings_of_earlier_jobs_like_it(node: Node) -> None:
    timing = Timing(3, 30, 4000, 3, 500, False, [Forecast(10, 1, 2, 3)])
    for path in ("/data/a", "/elsewhere"):
        assert ends.finish(given.result(given.running(path=path), timing=timing), "succeeded")
    given.job()
    given.job(params='{"alluxioUri": "/nowhere", "fromFileList": false}')

    node.claimer.poll()

    assert sorted(order.past for order in node.orders()) == [(), (timing,)]


def test_the_user_of_a_job_can_read_its_key_and_its_list_whatever_the_umask(node: Node, tmp_path: Path) -> None:
    job = list_job(given.file_list())
    before = os.umask(0o077)
    try:
        node.claimer.poll()
    finally:
        os.umask(before)

    directory = tmp_path / "spool" / f"{job}.1"
    assert {file.name: file.stat().st_mode & 0o777 for file in directory.iterdir()} == {
        "event.key": 0o644,
        "filelist": 0o644,
    }
    assert directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("engine", ["local", "alluxio"])
def test_on_alluxio_an_order_has_the_earlier_preloads_whose_files_are_waited_for(
    tables: str, tmp_path: Path, engine: str
) -> None:
    more: dict[str, object] = {"engine": "alluxio", "alluxio": {"masters": ["m:19998"]}} if engine == "alluxio" else {}
    node = Node(tmp_path / "spool", **more)
    first = given.running()
    given.running(params='{"alluxioUri": "/data", "fromFileList": false, "moonPhase": "full"}')  # of a newer version
    given.running(params='{"fromFileList": true, "fileListPath": "/data/list"}', path=None)
    last = given.job(run_at=1)

    node.claimer.poll()

    [order] = node.orders()
    assert order.job == last
    others = [(each.job, each.params) for each in order.earlier]
    assert others == ([(first, Params(alluxio_uri="/data"))] if engine == "alluxio" else [])
    node.close()


@pytest.mark.parametrize(
    ("if_full", "others", "spares"), [("evict", "/data", True), ("evict", "/other", False), ("wait", "/data", False)]
)
def test_a_job_that_may_evict_spares_the_files_of_others_while_other_jobs_load_its_files(
    node: Node, if_full: str, others: str, spares: bool
) -> None:
    given.running(path=others)
    given.job(params=f'{{"alluxioUri": "/data", "fromFileList": false, "ifFull": "{if_full}"}}', path="/data")
    node.claimer.poll()
    assert [order.spares for order in node.orders()] == [spares]
