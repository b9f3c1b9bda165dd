"""The rules of jobs: who may order what, see what, cancel and retry what. Used by web and admin.

No Flask, no click: callers hand in plain values and catch `avio.errors`.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from avio.db import filelists, hints, history, orders
from avio.db.connecting import borrow
from avio.db.models import Job
from avio.engines.base import Ability, Engine, Side
from avio.errors import (
    BadRequest,
    Conflict,
    FieldError,
    Forbidden,
    IdempotencyReused,
    NotFound,
    PathNotFound,
    TooMany,
    Unsupported,
)
from avio.faults import fault
from avio.wire.orders import IF_FULL_CHOICES, ON_CONFLICT_CHOICES, VERIFY_CHOICES, Params
from avio.wire.paths import PathError, canonical
from avio.wire.states import TERMINAL, JobType, State

log = logging.getLogger(__name__)

MAX_NAME = 200
MAX_KEY = 255
MAX_DEPTH = 1000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    uid: int
    name: str
    admin: bool


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What is ordered; `uid` None means the caller's."""

    type: JobType
    params: Params
    name: str = ""
    uid: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What the rules need: the engine, how to push a hint, and the quota. One a process."""

    engine: Engine
    push: Callable[[str], None]
    queued_max: int = 1000

    def submit(self, caller: Caller, spec: JobSpec, key: str | None = None) -> tuple[Job, bool]:
        """Queue a job, or return the one that `key` made before; tells whether it was made.

        Raises BadRequest with every field at once, PathNotFound, Unsupported, Forbidden, TooMany, EngineAway.
        """
        uid = caller.uid if spec.uid is None else spec.uid
        if uid != caller.uid and not caller.admin:
            raise Forbidden("uid names another user", cure="leave uid out, or ask an admin")
        spec = replace(spec, params=checked(spec, key))
        digest = _digest(spec, uid)
        with borrow():
            if key is not None and (earlier := orders.find_by_key(uid, key)) is not None:
                return _same(earlier, digest), False
            self._check_list(spec.params, uid)
            if orders.count_queued(uid) >= self.queued_max:
                raise TooMany(
                    f"{self.queued_max} jobs are queued already", cure="wait for some to begin", retry_after=30
                )
        self._check_able(spec.params)
        self._check_there(spec)
        return self._insert(
            orders.NewJob(
                uid, spec.name, int(spec.type), json.dumps(spec.params.to_json()), key, digest if key else None
            )
        )

    def get(self, caller: Caller, job: str) -> Job:
        """Return a job; NotFound also for somebody else's."""
        found = history.find(job, None if caller.admin else caller.uid)
        if found is None:
            raise NotFound(f"there is no job {job}", cure="avio jobs lists yours")
        return found

    def cancel(self, caller: Caller, job: str, reason: str = "") -> Job:
        """Wish the end of a job; Conflict when it has ended. A second wish is no error."""
        found = self.get(caller, job)
        if not orders.cancel(found.id, reason or f"cancelled by {caller.name}"):
            raise Conflict(f"job {job} has ended: {self.get(caller, job).state}", cure="nothing is left to cancel")
        return self.get(caller, job)

    def retry(self, caller: Caller, job: str, key: str | None = None) -> tuple[Job, bool]:
        """Queue a new job with the order of one that has ended; Conflict while it has not."""
        old = self.get(caller, job)
        if State(old.state) not in TERMINAL:
            raise Conflict(f"job {job} is {old.state}", cure="wait for its end, or cancel it first")
        params = Params.from_json(json.loads(old.params))
        digest = _digest(JobSpec(JobType(old.type), params, old.name), old.uid, retry_of=old.id)
        if key is not None and (earlier := orders.find_by_key(old.uid, key)) is not None:
            return _same(earlier, digest), False
        return self._insert(
            orders.NewJob(old.uid, old.name, old.type, old.params, key, digest if key else None, retry_of=old.id)
        )

    def list_jobs(
        self, caller: Caller, wanted: history.Filter, size: int, after: str | None = None
    ) -> tuple[list[Job], str | None]:
        """Return a page of jobs, newest first, and the id to go on after; own jobs only, but for admins."""
        if not caller.admin:
            if wanted.uid not in (None, caller.uid):
                return [], None
            wanted = replace(wanted, uid=caller.uid)
        page = history.page(wanted, size + 1, after)
        return page[:size], page[size - 1].id if len(page) > size else None

    def _insert(self, new: orders.NewJob) -> tuple[Job, bool]:
        fault("web.before-insert")
        with borrow():
            job, added = orders.insert(new)
        if not added:
            return _same(job, new.idem_digest or ""), False
        fault("web.after-commit")
        try:
            self.push(job.id)
            with borrow():
                hints.pushed(job.id)
        except Exception:  # the row is committed; whatever ails the queue, the sweep pushes the hint again
            log.warning("hint not pushed, left to the sweep", exc_info=True, extra={"job": job.id})
        fault("web.after-push")
        return job, True

    def _check_able(self, params: Params) -> None:
        needed = {
            Ability.VERIFY_CHECKSUM: params.verify == "checksum",
            Ability.PLACE_ON_TIER: params.tier is not None,
            Ability.OVERWRITE: params.on_conflict == "overwrite",
        }
        missing = [ability.value for ability, asked in needed.items() if asked and ability not in self.engine.abilities]
        if missing:
            raise Unsupported(f"the engine cannot do {', '.join(missing)}", cure="leave the option out")
        if params.tier is not None and params.tier not in (known := self.engine.aliases()):
            message = f"there is no such tier; the tiers are {', '.join(sorted(known)) or 'none'}"
            raise BadRequest("the order does not hold", [FieldError("params.tier", message)])

    def _check_list(self, params: Params, uid: int) -> None:
        if params.from_file_list and filelists.find(params.file_list_id or "", uid) is None:
            message = "there is no such file list of yours; upload one with POST /filelists"
            raise BadRequest("the order does not hold", [FieldError("params.fileListId", message)])

    def _check_there(self, spec: JobSpec) -> None:
        """Tell a typo at once, not by a job hours later. Holds no connection: a store may take its time."""
        if spec.params.from_file_list:
            return
        path = spec.params.alluxio_uri or "/"
        if not self.engine.covers(path):
            raise PathNotFound(f"no mount covers {path}", cure="avio ls / shows the mounts")
        self.engine.require(path, Side.CACHE if spec.type is JobType.SAVE else Side.BUCKET)


def checked(spec: JobSpec, key: str | None = None) -> Params:
    """Return the params with a canonical path; BadRequest with every field that does not hold."""
    params, wrong = spec.params, []
    if len(spec.name) > MAX_NAME:
        wrong.append(FieldError("name", f"is longer than {MAX_NAME} characters; give a shorter one"))
    if key is not None and not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        wrong.append(FieldError("Idempotency-Key", f"must be 1 to {MAX_KEY} printable ASCII characters"))
    wrong += _wrong_options(params)
    if params.from_file_list:
        if not params.file_list_id:
            wrong.append(
                FieldError("params.fileListId", "is missing; upload a list with POST /filelists and give its id")
            )
        params = replace(params, alluxio_uri=None)
    else:
        if params.file_list_id is not None:
            wrong.append(FieldError("params.fileListId", "needs fromFileList: true; set it, or leave the list out"))
        try:
            params = replace(params, alluxio_uri=canonical(params.alluxio_uri or ""))
        except PathError as error:
            wrong.append(FieldError("params.alluxioUri", str(error)))
    if wrong:
        raise BadRequest("the order does not hold", wrong)
    return params


def _wrong_options(params: Params) -> list[FieldError]:
    wrong = []
    if params.depth is not None and not 0 <= params.depth <= MAX_DEPTH:
        wrong.append(FieldError("params.depth", f"must be 0 to {MAX_DEPTH}; leave it out for all levels"))
    for name, value, choices in (
        ("verify", params.verify, VERIFY_CHOICES),
        ("ifFull", params.if_full, IF_FULL_CHOICES),
        ("onConflict", params.on_conflict, ON_CONFLICT_CHOICES),
    ):
        if value not in choices:
            wrong.append(FieldError(f"params.{name}", f"must be one of {', '.join(choices)}"))
    return wrong


def _digest(spec: JobSpec, uid: int, retry_of: str | None = None) -> str:
    text = json.dumps([uid, int(spec.type), spec.name, spec.params.to_json(), retry_of], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _same(earlier: Job, digest: str) -> Job:
    if earlier.idem_digest != digest:
        raise IdempotencyReused(f"this Idempotency-Key made job {earlier.id} from another order")
    return earlier
