"""The rules of submitting, changing, cancelling and retrying jobs. Used by web.

`avio.rules.history` has those of reading. No Flask, no click: callers pass plain values and catch `avio.errors`.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from avio.db import hints, limits, orders, users
from avio.db.connection import borrow
from avio.db.models import Job
from avio.engines.base import Engine
from avio.errors import (
    BadRequest,
    Conflict,
    FieldError,
    Forbidden,
    IdempotencyReused,
    TooMany,
)
from avio.faults import fault
from avio.rules import failed_files, history, keeps, ownership, webhooks
from avio.rules import filelists as lists
from avio.rules.begin import merged, require_predecessors
from avio.rules.callers import Caller, Right
from avio.rules.order_checks import (
    MAX_NAME,
    JobSpec,
    checked,
    require_able,
    require_list,
    require_priority,
    require_rights,
    require_there,
)
from avio.rules.places import MountPlaces
from avio.rules.report_place import require_place
from avio.wire.options import camel
from avio.wire.params import OPTIONS, Params
from avio.wire.states import TERMINAL, JobType, State

log = logging.getLogger(__name__)


# What a change to null makes of a member that is never null.
_RESET = {"name": "", "priority": 0}


@dataclass(frozen=True, slots=True)
class Service:
    """The objects that the rules need: engine, function that pushes a hint, quota. One for each process."""

    engine: Engine
    push: Callable[[str], None]
    places: MountPlaces
    queued_max: int = 1000
    list_limits: lists.ListLimits = lists.NO_LIMITS
    webhook_networks: Sequence[str] = ()

    def submit(
        self, caller: Caller, spec: JobSpec, key: str | None = None, schedule: str | None = None
    ) -> tuple[Job, bool]:
        """Queue a job, or return the job that `key` made before. True if it was made now.

        Raises BadRequest with every field at once, PathNotFound, Unsupported, Forbidden, TooMany, EngineAway. Raises
        PredecessorFailed if it could never begin. `schedule` is the id of the one that it belongs to.
        """
        uid = caller.uid if spec.uid is None else spec.uid
        if uid != caller.uid and not caller.may(Right.OTHERS_JOBS):
            raise Forbidden("uid is that of another user", cure="remove uid, or ask an admin")
        spec = replace(spec, params=checked(spec, key), after=merged(spec.after))
        require_rights(caller, spec)
        digest = _digest(spec, uid)
        with borrow():
            if (earlier := _find(uid, key, digest)) is not None:
                return earlier, False
            if uid != caller.uid and users.get(uid) is None:
                raise BadRequest("the job request is invalid", [FieldError("uid", "no such user")])
            require_list(spec.params, uid)
            self.require_signed(uid, spec.params)
            require_predecessors(caller, spec.after)
            self._check_quota(uid)
        self.require_possible(caller, spec)
        return self._insert(replace(_new_job(spec, uid, key, digest), schedule_id=schedule))

    def require_signed(self, uid: int, params: Params) -> None:
        """Raise BadRequest or Conflict if the webhook of the job can't be told. Needs a connection."""
        webhooks.require_signed(uid, params.notify, self.webhook_networks)

    def require_possible(self, caller: Caller, spec: JobSpec) -> None:
        """Raise Unsupported, BadRequest, PathNotFound or EngineAway if the engine can't do it. Asks stores."""
        require_able(self.engine, spec)
        require_there(self.engine, self.places, spec)
        require_place(caller, self.engine, self.places, spec.params.report_to)

    def order_free(self, caller: Caller, path: str, *, recursive: bool, key: str | None = None) -> Job:
        """Queue a job that frees `path`. `avio.rules.free` has checked that the caller may free it."""
        spec = JobSpec(JobType.FREE, Params.at(path, depth=None if recursive else 0))
        digest = _digest(spec, caller.uid)
        with borrow():
            if (earlier := _find(caller.uid, key, digest)) is not None:
                return earlier
            self._check_quota(caller.uid)
        return self._insert(_new_job(spec, caller.uid, key, digest), may_end=caller.may(Right.OTHERS_JOBS))[0]

    def cancel(self, caller: Caller, job: str, reason: str = "") -> Job:
        """Request cancellation of a job. Idempotent. Raise Conflict if the job has ended."""
        with borrow():
            found = history.get(caller, job)
            done = orders.cancel(found.id, reason or f"cancelled by {caller.name}")
            now = history.get(caller, job)
        if not done:
            raise Conflict(f"job {job} has ended: {now.state}", cure="a job that has ended can't be cancelled")
        return now

    def adjust(self, caller: Caller, job: str, given: Mapping[str, Any]) -> Job:
        """Set the `given` of name, labels, limits and priority; None resets. Raise Conflict if the job has ended.

        Raise BadRequest for none of them, and for a limit that a job of this type has no use for. Raise Forbidden for a
        priority that the caller may not give.
        """
        with borrow():
            found = history.get(caller, job)
            if not given:
                raise BadRequest(f"nothing to change; give one or more of {', '.join(map(camel, limits.ADJUSTABLE))}")
            verb = JobType(found.type)
            useless = [name for name in given if name in OPTIONS and verb not in OPTIONS[name].verbs]
            if useless:
                message = f"has no effect on a {verb.name.lower()} job; remove it"
                raise BadRequest("the change is invalid", [FieldError(camel(name), message) for name in useless])
            require_priority(caller, given.get("priority") or 0)
            values = {name: _RESET.get(name) if value is None else value for name, value in given.items()}
            try:
                done = limits.adjust(found.id, values)
            except ValueError as error:
                raise BadRequest("the change is invalid", [FieldError("labels", str(error))]) from None
            now = history.get(caller, job)
        if not done:
            raise Conflict(f"job {job} has ended: {now.state}", cure="a job that has ended can't be changed")
        return now

    def retry(self, caller: Caller, job: str, key: str | None = None) -> tuple[Job, bool]:
        """Queue a new job with the order of one that has ended. Raise Conflict if it has not ended.

        The new job has the old one's user. But a free becomes the caller's, since its right is that of the caller.
        """
        old = history.get(caller, job)
        if State(old.state) not in TERMINAL:
            raise Conflict(f"job {job} is {old.state}", cure="wait until it ends, or cancel it first")
        params = _known_params(old)
        require_priority(caller, params.priority)
        uid = caller.uid if old.type == JobType.FREE else old.uid
        digest = _digest(JobSpec(JobType(old.type), params, old.name), uid, retry_of=old.id)
        with borrow():
            if (earlier := _find(uid, key, digest)) is not None:
                return earlier, False
        if old.type == JobType.FREE:
            ownership.require_freeable(caller, params.path, recursive=params.depth is None)
        return self._insert(
            orders.NewJob(uid, old.name, old.type, old.params, key, digest if key else None, retry_of=old.id)
        )

    def retry_failed(self, caller: Caller, job: str, key: str | None = None) -> tuple[Job, bool]:
        """Queue a new job that does those files again which failed in an ended one. Its file list names them.

        Raise Conflict if none failed or no report has them all, NotFound if the report was deleted, TooLarge, TooMany.
        """
        old = history.get(caller, job)
        failed_files.require_failed(caller, old)
        params, name = _known_params(old), failed_files.name_for(old, MAX_NAME)
        failed_files.require_any_version(old, params)
        require_priority(caller, params.priority)
        digest = _digest(JobSpec(JobType(old.type), params, name), old.uid, retry_of=f"failed files of {old.id}")
        with borrow():
            if (earlier := _find(old.uid, key, digest)) is not None:
                return earlier, False
            self._check_quota(old.uid)
        owner = replace(caller, uid=old.uid)  # the list is that of the job's user
        made = lists.upload(owner, failed_files.listed(caller, old, self.list_limits), self.list_limits.quota).id
        text = json.dumps(failed_files.params_for(params, made).to_json())
        added = False
        try:
            new = orders.NewJob(old.uid, name, old.type, text, key, digest if key else None, retry_of=old.id)
            again, added = self._insert(new)
        finally:
            if not added:
                lists.discard(made)
        return again, added

    def _insert(self, new: orders.NewJob, *, may_end: bool = False) -> tuple[Job, bool]:
        fault("web.before-insert")
        try:
            with borrow():
                job, added = orders.insert(new, self.queued_max)
        except orders.QueueFull:
            raise self._too_many() from None
        except orders.Kept as error:
            raise keeps.kept_error(error.by, new.uid, may_end=may_end) from None
        except orders.Deleted as error:
            raise Conflict(f"{error} was deleted", cure="submit a new job; upload its file list again") from None
        if not added:
            return _same(job, new.idem_digest or ""), False
        fault("web.after-commit")
        try:
            self.push(job.id)
            with borrow():
                hints.pushed(job.id)
        except Exception:  # the row is committed; after any error of the queue, the sweep pushes the hint again
            log.warning("hint not pushed; the sweep will push it", exc_info=True, extra={"job": job.id})
        fault("web.after-push")
        return job, True

    def _check_quota(self, uid: int) -> None:
        """Refuse early, before a store is asked. `_insert` looks again: many requests may come at once."""
        if orders.count_queued(uid) >= self.queued_max:
            raise self._too_many()

    def _too_many(self) -> TooMany:
        message = f"you have {self.queued_max} queued jobs already"
        return TooMany(message, cure="wait until some of them begin", retry_after=30)


def _known_params(job: Job) -> Params:
    """Return the params of an old job. Raise Conflict if another version of avio made it, with other options."""
    try:
        return Params.from_json(json.loads(job.params))
    except KeyError as error:
        message = f"job {job.id} has a param that this version of avio does not know: {error.args[0]}"
        raise Conflict(message, cure="submit a new job without it") from None


def _digest(spec: JobSpec, uid: int, retry_of: str | None = None) -> str:
    begin = [[spec.at, [one.text for one in spec.after]]] if spec.at or spec.after else []
    text = json.dumps([uid, int(spec.type), spec.name, spec.params.to_json(), retry_of, *begin], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _new_job(spec: JobSpec, uid: int, key: str | None, digest: str) -> orders.NewJob:
    params = json.dumps(spec.params.to_json())
    made = orders.NewJob(uid, spec.name, int(spec.type), params, key, digest if key else None)
    return replace(made, not_before=spec.at, after=spec.after)


def _find(uid: int, key: str | None, digest: str) -> Job | None:
    """Return the job that the user's `key` made before. Raise IdempotencyReused if the body was different."""
    earlier = None if key is None else orders.find_by_key(uid, key)
    return None if earlier is None else _same(earlier, digest)


def _same(earlier: Job, digest: str) -> Job:
    if earlier.idem_digest != digest:
        raise IdempotencyReused(f"this Idempotency-Key was used for job {earlier.id} with another body")
    return earlier
