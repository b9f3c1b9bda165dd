"""What must be true of a job request before it is queued, each rule on its own. Used by web.

No Flask, no click: callers pass plain values and catch `avio.errors`.
"""

from dataclasses import dataclass

from avio.db import filelists
from avio.engines.base import Engine, Side
from avio.errors import BadRequest, FieldError, NoMount, Unsupported
from avio.rules.begin import time_problem
from avio.rules.callers import Caller, Right
from avio.rules.places import MountPlaces
from avio.wire.after import After
from avio.wire.checked_params import check
from avio.wire.effects import abilities, without_effect
from avio.wire.params import PLANNED, Params
from avio.wire.states import JobType

# The right that each job type needs at its path.
RIGHTS = {
    JobType.LS: Right.LOOK,
    JobType.STAT: Right.LOOK,
    JobType.PRELOAD: Right.LOAD,
    JobType.SAVE: Right.SAVE,
    JobType.CHECK: Right.LOOK,
    JobType.PLAN: Right.LOOK,
}

# The side on which the path must be.
_SIDES = {JobType.SAVE: Side.SAVE, JobType.CHECK: Side.BOTH}

MAX_NAME = 200
MAX_KEY = 255

# How many paths of an order a submit looks for. The job reports the others that are missing.
LOOKED_PATHS = 100


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job request. `uid` None means the caller's. `at` is in epoch seconds: the job may not begin before."""

    type: JobType
    params: Params
    name: str = ""
    uid: int | None = None
    at: float | None = None
    after: tuple[After, ...] = ()


def checked(spec: JobSpec, key: str | None = None) -> Params:
    """Return the params with a canonical path. Raise BadRequest with every invalid field."""
    wrong = []
    if len(spec.name) > MAX_NAME:
        wrong.append(FieldError("name", f"is longer than {MAX_NAME} characters; give a shorter one"))
    if key is not None and not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        wrong.append(FieldError("Idempotency-Key", f"must be 1 to {MAX_KEY} printable ASCII characters"))
    if (problem := time_problem(spec.at)) is not None:
        wrong.append(FieldError("at", problem))
    params, problems = check(spec.params)
    if spec.type is JobType.PLAN and params.plan_of is None and "planOf" not in problems:
        problems["planOf"] = f"is missing; it must be {' or '.join(PLANNED)}"
    if spec.type in RIGHTS:
        problems = without_effect(params, spec.type) | problems
    wrong += [FieldError(f"params.{name}", message) for name, message in problems.items()]
    if wrong:
        raise BadRequest("the job request is invalid", wrong)
    return params


def require_rights(caller: Caller, spec: JobSpec) -> None:
    """Raise Forbidden unless the caller may order `spec`, whose params are checked; BadRequest for a free."""
    if spec.type not in RIGHTS:
        raise BadRequest("the job request is invalid", [FieldError("type", "must not be free; use POST /free")])
    for path in spec.params.roots or ("/",):  # a file list may name all paths
        caller.require(RIGHTS[spec.type], path)
    if spec.params.file_list_path is not None:
        caller.require(Right.LOOK, spec.params.file_list_path)
    require_priority(caller, spec.params.priority)


def require_priority(caller: Caller, priority: int) -> None:
    """Raise Forbidden if the caller may not give a job this priority: it would overtake the jobs of others."""
    if priority > 0:
        caller.require(Right.OVERTAKE)


def require_list(params: Params, uid: int) -> None:
    """Raise BadRequest if the file list of a job is not one of the user's, or of another kind. Needs a connection."""
    list_id = params.file_list_id if params.from_file_list else None
    if list_id is None:
        return
    wrong = None
    if filelists.find(list_id, uid) is None:
        wrong = FieldError("params.fileListId", "no such file list of yours; upload it with POST /filelists")
    elif params.versions != filelists.has_versions(list_id):
        has = "has no versions; remove it" if params.versions else "must be true for this list, which has versions"
        wrong = FieldError("params.versions", f"{'names a list that ' if params.versions else ''}{has}")
    if wrong is not None:
        raise BadRequest("the job request is invalid", [wrong])


def require_able(engine: Engine, spec: JobSpec) -> None:
    """Raise Unsupported or BadRequest if the engine can't do what `spec` asks for."""
    params = spec.params
    missing = [ability for ability in abilities(params, spec.type) if ability not in engine.abilities]
    if missing:
        why = "".join(f"; {engine.why_unable[each]}" for each in missing if each in engine.why_unable)
        raise Unsupported(f"the engine does not support {', '.join(missing)}{why}", cure="remove the option")
    if params.tier is not None and params.tier not in (known := engine.aliases()):
        message = f"unknown tier; the tiers are {', '.join(sorted(known)) or 'none'}"
        raise BadRequest("the job request is invalid", [FieldError("params.tier", message)])


def require_there(engine: Engine, places: MountPlaces, spec: JobSpec) -> None:
    """Refuse a missing path at submit, not hours later. Uses no connection, since a store may be slow."""
    side = _SIDES.get(PLANNED.get(spec.params.plan_of or "", spec.type), Side.BUCKET)
    looked = [(path, side) for path in spec.params.roots]
    if spec.params.file_list_path is not None:
        looked.append((spec.params.file_list_path, Side.BUCKET))
    for path, _ in looked:
        if not engine.covers(path):
            raise NoMount(path)
    for path, on_side in looked[:LOOKED_PATHS]:
        with places.use(path):
            engine.require(path, on_side)
