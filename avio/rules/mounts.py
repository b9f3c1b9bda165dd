"""The rules of reading mounts: what each is, whether it answers as far as is known, the jobs on it. Used by web."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from avio.db import running
from avio.db.connection import borrow
from avio.db.running import Running
from avio.engines.base import Engine
from avio.engines.local.buckets.shown_url import without_login
from avio.errors import AvioError
from avio.rules.callers import Caller, Right
from avio.rules.engine_health import EngineHealth
from avio.rules.health import public_error
from avio.rules.nodes import visible
from avio.wire.paths import is_under


@dataclass(frozen=True, slots=True)
class MountView:
    """A mount. `is_known` is False until it has answered or failed to; `message` is about its `error`.

    `url` is for admins. `running` counts all jobs on it; `jobs` are those of them that the caller may see.
    """

    path: str
    kind: str
    url: str | None
    is_known: bool
    error: AvioError | None
    message: str
    running: int
    jobs: list[Running]


def list_mounts(caller: Caller, engine: Engine, health: EngineHealth, engine_name: str) -> list[MountView]:
    """Return the mounts, by path. Asks no store: each is asked beside the call, for the next one.

    An engine without mounts of its own is one mount at the root, of the kind `engine_name`.
    """
    caller.require(Right.LOOK)
    known = {member.name: (member, error) for member, error in health.known()}
    vital = [name for name, (member, _) in known.items() if member.vital]
    with borrow():
        jobs = running.all_running()
    found = []
    for path, url in sorted((engine.urls or {"/": ""}).items()):
        names = [name for name in ([f"mount {path}"] if url else vital) if name in known]
        failed = [known[name] for name in names if known[name][1] is not None]
        member, error = failed[0] if failed else (None, None)
        there = [job for job in jobs if any(_uses(at, path, engine) for at in job.paths)]
        found.append(
            MountView(
                path=path,
                kind=urlsplit(url).scheme or engine_name,
                url=without_login(url) if url and caller.may(Right.ADMINISTER) else None,
                is_known=bool(names),
                error=error,
                message=public_error(member, error) if member is not None and error is not None else "",
                running=len(there),
                jobs=visible(caller, there),
            )
        )
    return found


def _uses(at: str, mount: str, engine: Engine) -> bool:
    """Return True if a job at a path uses a mount: it is the nearest above the path, or below it."""
    if is_under(mount, at):
        return True
    above = [path for path in engine.urls or {"/": ""} if is_under(at, path)]
    return bool(above) and max(above, key=len) == mount
