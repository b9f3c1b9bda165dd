"""The jobs that nodes have now, for people who look at nodes and mounts. Used by web and admin."""

import json
from dataclasses import dataclass

from avio.db.sql import rows
from avio.wire.paths import decoded, shown_path

MOST = 2000


@dataclass(frozen=True, slots=True)
class Running:
    """A job that a node has. `paths` are those that it names; none of a file list."""

    id: str
    uid: int
    type: int
    state: str
    name: str
    node: str
    paths: list[str]


def all_running() -> list[Running]:
    """Return the jobs that nodes have, up to `MOST`, oldest first."""
    found = rows(
        "SELECT id, uid, type, state, name, node, path, CASE WHEN path IS NULL THEN params END FROM jobs"
        " WHERE state IN {owned} LIMIT ?",
        MOST,
    )
    jobs = [
        Running(job, uid, kind, state, name, node, several_paths(params) if path is None else [path])
        for job, uid, kind, state, name, node, path, params in found
    ]
    return sorted(jobs, key=lambda job: job.id)


def several_paths(params: str) -> list[str]:
    """Return the paths that the JSON of a job's params names, if there are several."""
    given = json.loads(params)
    return [
        shown_path(decoded(path, encoded=bool(given.get("alluxioUriEncoded")))) for path in given.get("paths") or ()
    ]
