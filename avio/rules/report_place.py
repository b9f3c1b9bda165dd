"""The rule of `reportTo`: a job may store its report where its user may save, below a mount that takes it.

Used by web.
"""

from avio.engines.base import Engine
from avio.rules.callers import Caller, Right
from avio.rules.places import MountPlaces
from avio.wire.reports import object_name

# Of the length of any: the name in a directory has the id of the job, which has none yet.
_ANY_JOB = "0" * 26


def require_place(caller: Caller, engine: Engine, places: MountPlaces, path: str | None) -> None:
    """Raise Forbidden, NoMount, NameNotHeld or EngineAway if no report can be stored at `path`. None needs no place.

    An object may be there already: then the report gets another name.
    """
    if path is None:
        return
    caller.require(Right.SAVE, path)
    with places.use(path.rstrip("/")):
        engine.new_objects().place_for(path, object_name(_ANY_JOB))
