"""A retry of the failed files alone: the list that is made of a report, and jobs that have none to make."""

import json
import os
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from avio.db import artifacts, filelists
from avio.db.models import FileList, Job
from avio.db.sql import change
from avio.engines.memory import MemoryEngine
from avio.errors import AvioError, Conflict, IdempotencyReused, NotFound, TooLarge, TooMany
from avio.rules.callers import Caller
from avio.rules.filelists import NO_LIMITS, ListLimits, Quota
from avio.rules.jobs import Service
from avio.rules.order_checks import MAX_NAME
from avio.rules.places import MountPlaces
from avio.wire.params import Params
from tests.contract.db import given

ADA, BOB, ROOT = Caller(1, "ada", False), Caller(2, "bob", False), Caller(3, "root", True)


@pytest.fixture
def service(db: str) -> Service:
    for name in ("ada", "bob", "root"):
        given.user(name, admin=name == "root")
    given.node()
    engine = MemoryEngine(["/data"])
    return Service(engine, lambda _: None, MountPlaces(engine), queued_max=9)


def line(path: str, outcome: str = "failed", **more: Any) -> bytes:
    """Return a line of a report."""
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    named = {"path": shown, "outcome": outcome, **more}
    if shown != path:
        named["pathBytes"] = b64encode(os.fsencode(path)).decode()
    return json.dumps(named).encode() + b"\n"


def ended(*chunks: bytes, state: str = "partial", outcome: str | None = None, **columns: Any) -> str:
    """Return a job that has ended, with a report of these chunks."""
    job = given.running()
    change("UPDATE attempts SET outcome = ? WHERE job_id = ?", outcome or state, job)
    set_ = {"state": state, "finished_at": 9.0, "node": None, "node_epoch": None, "message": "some failed", **columns}
    given.set_row(job, **set_)
    for no, chunk in enumerate(chunks):
        artifacts.add(job, 1, "report", no, chunk)
    return job


def text_of(job: Job) -> list[bytes]:
    """Return the paths of a job's list, and check that the row of the list counts them."""
    found = FileList.get_by_id(job.list_id)
    text = b"".join(filelists.read(found.id))
    paths = text.split(b"\0")[:-1]
    assert (found.lines, found.bytes, bool(found.complete)) == (len(paths), len(text), True)
    return paths


def test_the_failed_files_become_a_list_with_their_exact_names(service: Service) -> None:
    raw = "/data/\udcff\n%"
    first = line("/data/a") + line("/data/left", "left_out") + line(raw)
    job = ended(first, line("/data/b"), line("/data/fine", "done") + line("/data/odd"), name="nightly")

    again, made = service.retry_failed(ADA, job)

    assert made
    assert text_of(again) == [b"/data/a", os.fsencode(raw), b"/data/b"]  # nothing of the part after the failed files
    assert (again.retry_of, again.uid, again.name) == (job, 1, "failed files of nightly")
    assert json.loads(again.params) == {"fromFileList": True, "fileListId": again.list_id, "depth": 0}


def test_what_names_or_narrows_files_makes_way_and_the_rest_stays(service: Service) -> None:
    params = Params("/data", depth=3, filters=("- *.tmp",), max_files=9, tier="MEM", symlinks="follow", concurrency=3)
    job = ended(line("/data/a"), params=json.dumps(params.to_json()), name="x" * MAX_NAME)

    again, _ = service.retry_failed(ADA, job)

    expected = {"fromFileList": True, "fileListId": again.list_id, "depth": 0}
    assert json.loads(again.params) == {**expected, "tier": "MEM", "symlinks": "follow", "concurrency": 3}
    assert again.name == f"failed files of {'x' * MAX_NAME}"[:MAX_NAME]


def test_a_retry_of_a_retry_keeps_its_name(service: Service) -> None:
    first, _ = service.retry_failed(ADA, ended(line("/data/a"), name=""))
    second, _ = service.retry_failed(ADA, ended(line("/data/b"), name=first.name))

    assert first.name == f"failed files of {first.retry_of}" == second.name


def test_conflicts_count_as_failed_wherever_the_report_has_them(service: Service) -> None:
    kept = line("/data/both", "kept", reason="BOTH_CHANGED") + line("/data/dirty", "kept", reason=None)
    errors = json.dumps([{"reason": "BOTH_CHANGED", "count": 1}])
    job = ended(line("/data/fine", "done"), kept, errors=errors)

    assert text_of(service.retry_failed(ADA, job)[0]) == [b"/data/both"]


def test_differences_are_the_failed_files_of_a_check(service: Service) -> None:
    job = ended(b"".join(line(f"/data/{each}", each) for each in ("different", "only_in_bucket", "same")), type=5)

    assert text_of(service.retry_failed(ADA, job)[0]) == [b"/data/different", b"/data/only_in_bucket"]


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"state": "succeeded"}, Conflict, "is succeeded"),
        ({"state": "cancelled"}, Conflict, "is cancelled"),
        ({"type": 4}, Conflict, "is of another type"),
        ({"chunks": ()}, Conflict, "names no failed file"),
        ({"chunks": (line("/data/fine", "done"),)}, Conflict, "names no failed file"),
        ({"chunks": (line("/l", "left_out"),), "files_left_out": 1}, Conflict, "1 files were left out"),
        ({"state": "failed", "outcome": "crashed"}, Conflict, "the last attempt of job"),
        ({"artifacts_deleted_at": 9.0}, NotFound, "was deleted"),
        ({"files_failed": 3}, Conflict, "2 failed files are not in it"),
        ({"files_only_in_bucket": 1, "files_different": 1, "type": 5}, Conflict, "1 failed files are not in it"),
        ({"errors": '[{"reason": "BOTH_CHANGED", "count": 2}]'}, Conflict, "1 failed files are not in it"),
        ({"chunks": (line("/a"), b'{"cut":9,"failed":7,"message":"m"}\n')}, Conflict, "7 failed files are not in it"),
    ],
)
def test_without_failed_files_in_a_whole_report_nothing_is_ordered(
    service: Service, how: dict[str, Any], error: type[AvioError], words: str
) -> None:
    chunks = how.get("chunks", (line("/data/a"),))
    job = ended(*chunks, **{name: value for name, value in how.items() if name != "chunks"})

    with pytest.raises(error, match=words) as refused:
        service.retry_failed(ADA, job)

    assert "avio retry" in refused.value.cure or "avio job show" in refused.value.cure
    assert (Job.select().count(), FileList.select().count()) == (1, 0)


def test_the_failed_files_of_a_plan_keep_their_versions_by_a_whole_retry(service: Service) -> None:
    params = Params(from_file_list=True, file_list_id="0" * 26, versions=True)
    job = ended(line("/data/a"), params=json.dumps(params.to_json()))

    with pytest.raises(Conflict, match="versions") as refused:
        service.retry_failed(ADA, job)

    assert f"avio retry {job}" in refused.value.cure


def test_the_report_of_an_earlier_attempt_counts_for_nothing(service: Service) -> None:
    job = ended(line("/data/a"), state="failed", attempt=2)
    change("UPDATE attempts SET attempt = 2")

    with pytest.raises(Conflict, match="names no failed file"):
        service.retry_failed(ADA, job)


def test_a_job_that_has_not_ended_and_one_of_another_user_are_refused(service: Service) -> None:
    with pytest.raises(Conflict, match="is queued"):
        service.retry_failed(ADA, given.job())
    with pytest.raises(NotFound):
        service.retry_failed(BOB, ended(line("/data/a")))


def test_the_list_is_that_of_the_jobs_user(service: Service) -> None:
    again, _ = service.retry_failed(ROOT, ended(line("/data/a")))

    assert (again.uid, FileList.get_by_id(again.list_id).uid) == (1, 1)


def test_the_same_key_makes_one_job_and_one_list(service: Service) -> None:
    job = ended(line("/data/a"))

    first = service.retry_failed(ADA, job, "key")
    second = service.retry_failed(ADA, job, "key")

    assert (second[0].id, first[1], second[1]) == (first[0].id, True, False)
    assert FileList.select().count() == 1
    with pytest.raises(IdempotencyReused):
        service.retry(ADA, job, "key")


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        (replace(NO_LIMITS, lines=1), TooLarge),
        (replace(NO_LIMITS, bytes=15), TooLarge),
        (replace(NO_LIMITS, quota=Quota(0, 99)), TooMany),
        (replace(NO_LIMITS, quota=Quota(9, 15)), TooMany),
    ],
)
def test_the_limits_of_lists_hold(service: Service, limits: ListLimits, error: type[AvioError]) -> None:
    job = ended(line("/data/a") + line("/data/b"))  # 16 bytes

    with pytest.raises(error):
        replace(service, list_limits=limits).retry_failed(ADA, job)

    assert (Job.select().count(), FileList.select().count()) == (1, 0)
    exact = ListLimits(lines=2, bytes=16, quota=Quota(1, 16))
    assert text_of(replace(service, list_limits=exact).retry_failed(ADA, job)[0]) == [b"/data/a", b"/data/b"]


def test_a_list_whose_job_is_refused_is_deleted(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ended(line("/data/a"))
    monkeypatch.setattr(Service, "_check_quota", lambda *_: None)

    with pytest.raises(TooMany):
        replace(service, queued_max=0).retry_failed(ADA, job)

    assert FileList.select().count() == 0
