"""The rules of jobs: who may order, see, cancel and retry what; over a memory engine."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from avio.db import filelists, hints, orders
from avio.engines.memory import MemoryEngine
from avio.errors import (
    AvioError,
    BadRequest,
    Conflict,
    Forbidden,
    IdempotencyReused,
    NoMount,
    NotFound,
    PathNotFound,
    TooMany,
    Unsupported,
)
from avio.rules import history, jobs
from avio.rules.callers import Caller, Right
from avio.rules.jobs import Service
from avio.rules.order_checks import JobSpec
from avio.rules.places import MountPlaces
from avio.rules.types import Filter
from avio.wire.options import Ability
from avio.wire.params import Params
from avio.wire.states import TERMINAL, JobType, State
from tests.contract.db import given
from tests.contract.db.concurrent import abreast

ADA, BOB, ROOT = Caller(1, "ada", False), Caller(2, "bob", False), Caller(3, "root", True)
SPEC = JobSpec(JobType.PRELOAD, Params("/data"), "load")


class World:
    """A service over an engine with one file, and the hints that it pushed."""

    def __init__(self) -> None:
        self.hints: list[str] = []
        self.engine = MemoryEngine(["/data"])
        self.engine.put_bucket("/data/a", b"x")
        self.service = Service(self.engine, self.hints.append, MountPlaces(self.engine), queued_max=3)


@pytest.fixture
def world(db: str) -> World:
    for name in ("ada", "bob", "root"):
        given.user(name, admin=name == "root")
    given.node()
    return World()


def test_an_order_is_queued_and_its_hint_pushed(world: World) -> None:
    job, made = world.service.submit(ADA, JobSpec(JobType.SAVE, Params("alluxio://h:1/data//"), "load"))

    assert made
    assert (job.uid, job.type, job.name, job.state) == (1, 2, "load", "queued")
    assert '"alluxioUri": "/data"' in job.params
    assert world.hints == [job.id]
    assert hints.lost() == []


def test_an_order_stands_although_the_queue_is_away(world: World) -> None:
    def away(job: str) -> None:
        raise ConnectionError("no Redis")

    job, made = Service(world.engine, away, MountPlaces(world.engine)).submit(ADA, SPEC)

    assert made
    assert given.state(job.id) == "queued"
    assert hints.lost() == [job.id]


def test_all_that_does_not_hold_is_told_at_once(world: World) -> None:
    params = Params("data", depth=-1, file_list_id="x", verify="much", if_full="burst", on_conflict="cry")

    with pytest.raises(BadRequest) as refused:
        world.service.submit(ADA, JobSpec(JobType.PRELOAD, params, "n" * 201), key="ä")

    assert {one.field for one in refused.value.fields} == {
        "name",
        "Idempotency-Key",
        "params.depth",
        "params.fileListId",
        "params.verify",
        "params.ifFull",
        "params.onConflict",
        "params.alluxioUri",
    }
    assert orders.count_queued(1) == 0


@pytest.mark.parametrize(
    ("params", "error"),
    [
        (Params("/data/nowhere"), PathNotFound),
        (Params("/elsewhere"), PathNotFound),
        (Params("/data", tier="TAPE"), BadRequest),
        (Params(from_file_list=True), BadRequest),
        (Params(from_file_list=True, file_list_id="01ARZ3NDEKTSV4RRFFQ69G5FAV"), BadRequest),
    ],
    ids=str,
)
def test_a_mistake_is_told_before_anything_is_queued(world: World, params: Params, error: type[AvioError]) -> None:
    with pytest.raises(error):
        world.service.submit(ADA, JobSpec(JobType.PRELOAD, params))

    assert orders.count_queued(1) == 0
    assert world.hints == []


@pytest.mark.parametrize(
    ("verb", "params", "words"),
    [
        (JobType.PRELOAD, Params("/data", verify="checksum"), "verify=checksum"),
        (JobType.PRELOAD, Params("/data", tier="MEM"), "tier"),
        (JobType.PRELOAD, Params("/data", spread=True), "spread"),
        (JobType.SAVE, Params("/data", on_conflict="overwrite"), "onConflict=overwrite"),
        (JobType.SAVE, Params("/data", overwrite="never"), "overwrite=RULE"),
        (JobType.CHECK, Params("/data", verify="checksum"), "verify=checksum of a check"),
    ],
    ids=str,
)
def test_what_the_engine_can_not_do_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, verb: JobType, params: Params, words: str
) -> None:
    monkeypatch.setattr(MemoryEngine, "abilities", frozenset[Ability]())

    with pytest.raises(Unsupported, match=words):
        world.service.submit(ADA, JobSpec(verb, params))


@pytest.mark.parametrize(
    ("verb", "params", "member"),
    [
        (JobType.PRELOAD, Params("/data", on_conflict="overwrite"), "onConflict"),
        (JobType.SAVE, Params("/data", tier="MEM"), "tier"),
        (JobType.LS, Params("/data", filters=("- *.tmp",)), "filters"),
        (JobType.STAT, Params("/data", max_files=1), "maxFiles"),
    ],
    ids=str,
)
def test_an_option_without_effect_on_this_type_of_job_is_refused(
    world: World, verb: JobType, params: Params, member: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        world.service.submit(ADA, JobSpec(verb, params))

    assert [(each.field, each.message) for each in refused.value.fields] == [
        (f"params.{member}", f"has no effect on a {verb.name.lower()} job; remove it")
    ]


@dataclass(frozen=True, slots=True)
class Outsider(Caller):
    """A user without rights at some paths."""

    forbidden: str = ""

    def may(self, right: Right, path: str = "/") -> bool:
        return path != self.forbidden


@pytest.mark.parametrize(
    ("params", "right"),
    [
        (Params(paths=("/data/a", "/data")), Right.LOAD),
        (Params(from_file_list=True, file_list_path="/data"), Right.LOOK),
    ],
)
def test_each_path_that_an_order_names_needs_its_right(world: World, params: Params, right: Right) -> None:
    with pytest.raises(Forbidden, match=f"may not {right.value} at /data"):
        world.service.submit(Outsider(1, "ada", False, forbidden="/data"), JobSpec(JobType.PRELOAD, params))


def test_a_report_needs_the_right_to_save_a_mount_and_an_engine_that_can_store_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.engine._mounts = ("/data", "/logs")
    spec = JobSpec(JobType.PRELOAD, Params("/data", report_to="/logs/r"))
    with pytest.raises(Forbidden, match="may not save at /logs/r"):
        world.service.submit(Outsider(1, "ada", False, forbidden="/logs/r"), spec)
    for path in ("/elsewhere/r", "/elsewhere/"):
        with pytest.raises(NoMount, match="no mount covers /elsewhere"):
            world.service.submit(ADA, replace(spec, params=replace(spec.params, report_to=path)))
    with pytest.raises(BadRequest) as refused:
        world.service.submit(ADA, replace(spec, params=replace(spec.params, report_to="/data/r")))
    assert [error.field for error in refused.value.fields] == ["params.reportTo"]
    monkeypatch.setattr(MemoryEngine, "abilities", frozenset(Ability) - {Ability.STORE_REPORT})
    with pytest.raises(Unsupported, match="reportTo=PATH"):
        world.service.submit(ADA, spec)
    monkeypatch.undo()

    world.engine.put_bucket("/logs/r", b"there already")

    assert world.service.submit(ADA, spec)[1]


@pytest.mark.parametrize("missing", [1, 2])
def test_each_of_several_paths_must_be_there(world: World, missing: int) -> None:
    paths = ["/data/a"] * 3
    paths[missing] = "/data/nowhere"

    with pytest.raises(PathNotFound, match="/data/nowhere"):
        world.service.submit(ADA, JobSpec(JobType.PRELOAD, Params(paths=tuple(paths))))


def test_several_paths_and_filters_survive_the_database_a_repeated_key_and_a_retry(world: World) -> None:
    params = Params(paths=("/data/a", "/data/a/"), filters=("- *.tmp",), max_files=3)
    spec = JobSpec(JobType.PRELOAD, params)

    job, made = world.service.submit(ADA, spec, key="k")
    again, made_again = world.service.submit(ADA, spec, key="k")
    world.service.cancel(ADA, job.id)
    retried, _ = world.service.retry(ADA, job.id)

    assert (made, made_again, again.id) == (True, False, job.id)
    wanted = replace(params, paths=("/data/a",))
    assert [Params.from_json(json.loads(each.params)) for each in (job, retried)] == [wanted, wanted]
    with pytest.raises(IdempotencyReused):
        world.service.submit(ADA, replace(spec, params=replace(params, filters=("- *.tm",))), key="k")


def test_a_file_list_is_for_its_owner_alone(world: World) -> None:
    list_id = filelists.begin(2)
    filelists.complete(list_id, 0, 0)
    spec = JobSpec(JobType.PRELOAD, Params(from_file_list=True, file_list_id=list_id))

    with pytest.raises(BadRequest):
        world.service.submit(ADA, spec)
    assert world.service.submit(BOB, spec)[1]


def test_only_an_admin_orders_for_others(world: World) -> None:
    spec = JobSpec(JobType.PRELOAD, Params("/data"), uid=2)

    with pytest.raises(Forbidden):
        world.service.submit(ADA, spec)
    assert world.service.submit(ROOT, spec)[0].uid == 2


def test_the_quota_of_a_user_does_not_touch_another(world: World) -> None:
    for _ in range(3):
        world.service.submit(ADA, SPEC)

    with pytest.raises(TooMany) as refused:
        world.service.submit(ADA, SPEC)

    assert refused.value.retry_after
    assert world.service.submit(BOB, SPEC)[1]


def test_the_same_key_and_order_give_the_same_job_even_when_the_quota_is_used_up(world: World) -> None:
    job, _ = world.service.submit(ADA, SPEC, "key")
    for _ in range(2):
        world.service.submit(ADA, SPEC)

    again, made = world.service.submit(ADA, SPEC, "key")

    assert (again.id, made) == (job.id, False)
    assert world.hints.count(job.id) == 1


@pytest.mark.parametrize(
    "other",
    [
        JobSpec(JobType.SAVE, Params("/data"), "load"),
        JobSpec(JobType.PRELOAD, Params("/data/a"), "load"),
        JobSpec(JobType.PRELOAD, Params("/data"), "other"),
    ],
    ids=["type", "path", "name"],
)
def test_the_same_key_with_another_order_is_refused(world: World, other: JobSpec) -> None:
    world.service.submit(ADA, SPEC, "key")

    with pytest.raises(IdempotencyReused):
        world.service.submit(ADA, other, "key")


def test_many_requests_at_once_with_one_key_get_one_job(world: World) -> None:
    given_out = abreast(6, lambda _: world.service.submit(ADA, SPEC, "key"))

    assert len({job.id for job, _ in given_out}) == 1
    assert [made for _, made in given_out].count(True) == 1


def test_somebody_elses_job_is_not_there(world: World) -> None:
    job = given.job(1)
    calls: list[Callable[[Caller, str], object]] = [history.get, world.service.cancel, world.service.retry]

    for call in calls:
        with pytest.raises(NotFound):
            call(BOB, job)
    assert given.state(job) == "queued"
    assert history.get(ROOT, job).id == job


@pytest.mark.parametrize("state", sorted(State))
def test_a_job_without_a_report_says_whether_one_will_come(world: World, state: State) -> None:
    job = given.in_state(state)
    given.set_row(job, files_done=0, files_kept=0, files_failed=0, files_left_out=0)

    with pytest.raises(NotFound) as none:
        history.artifact(ADA, job, "report")
    given.set_row(job, files_done=1)
    with pytest.raises(NotFound) as lost:
        history.artifact(ADA, job, "report")

    if state in TERMINAL:
        assert none.value.message == f"job {job} has ended without a report: it moved no file"
        assert lost.value.message == f"job {job} has ended without a report: none was stored"
    else:
        assert none.value.message == lost.value.message == f"job {job} has no report yet"


def test_a_job_is_cancelled_and_says_by_whom(world: World) -> None:
    job = given.running()

    assert world.service.cancel(ADA, job).state == "stopping"
    assert world.service.cancel(ADA, job).state == "stopping"
    assert given.row(job)["cancel_reason"] == "cancelled by ada"


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_a_job_that_has_ended_is_retried_as_a_new_one_and_not_cancelled(world: World, state: State) -> None:
    job = given.in_state(state)
    with pytest.raises(Conflict):
        world.service.cancel(ADA, job)

    new, made = world.service.retry(ADA, job, "again")

    assert made
    assert (new.retry_of, new.params, new.state) == (job, given.row(job)["params"], "queued")
    assert world.service.retry(ADA, job, "again") == (new, False)
    assert given.state(job) == state


@pytest.mark.parametrize("state", sorted(set(State) - TERMINAL))
def test_a_job_that_has_not_ended_is_not_retried(world: World, state: State) -> None:
    job = given.in_state(state)

    with pytest.raises(Conflict, match=job):
        world.service.retry(ADA, job)


def test_everybody_lists_their_own_jobs_and_an_admin_all(world: World) -> None:
    own, other = given.job(1), given.job(2)

    assert [job.id for job in history.list_jobs(ADA, Filter(), 10)[0]] == [own]
    assert history.list_jobs(ADA, Filter(uids=[2]), 10) == ([], None)
    assert {job.id for job in history.list_jobs(ROOT, Filter(), 10)[0]} == {own, other}


def test_a_page_names_the_job_to_go_on_after_unless_it_is_the_last(world: World) -> None:
    made = sorted((given.job() for _ in range(4)), reverse=True)

    first, after = history.list_jobs(ADA, Filter(), 2)
    second, end = history.list_jobs(ADA, Filter(), 2, after)

    assert [job.id for job in first + second] == made
    assert (after, end) == (made[1], None)


def test_the_params_that_are_checked_are_canonical_and_ignore_the_path_of_a_list() -> None:
    assert jobs.checked(JobSpec(JobType.LS, Params("/data//a/"))).alluxio_uri == "/data/a"
    params = Params("/x", from_file_list=True, file_list_id="01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert jobs.checked(JobSpec(JobType.LS, params)).alluxio_uri is None


def test_a_job_with_a_param_that_is_not_known_here_is_not_retried(world: World) -> None:
    job = given.job(state="failed", finished_at=1.0, params='{"alluxioUri": "/data", "newer": 1}')

    with pytest.raises(Conflict, match="does not know: newer") as refused:
        world.service.retry(ADA, job)

    assert refused.value.cure


def test_an_order_for_a_user_that_is_not_there_names_the_field(world: World) -> None:
    with pytest.raises(BadRequest) as refused:
        world.service.submit(ROOT, JobSpec(JobType.PRELOAD, Params("/data"), uid=999))

    assert [field.field for field in refused.value.fields] == ["uid"]
    assert world.hints == []
