"""Queries on the limits of jobs: changing them (T12), and how many jobs share a bandwidth. Used by web and intake."""

import json
from collections.abc import Mapping
from typing import Any

from avio.db.connection import transaction
from avio.db.sql import change, owned, row, rows
from avio.wire.labels import changed, require_few
from avio.wire.states import JobType

# The columns of a job that may change until it ends.
ADJUSTABLE = ("name", "labels", "bandwidth", "concurrency", "priority")

# The types of the jobs that move files.
MOVING = (JobType.PRELOAD, JobType.SAVE)

_MOVING = ", ".join(str(int(type_)) for type_ in MOVING)


def adjust(job: str, given: Mapping[str, Any]) -> bool:
    """T12: set some columns of `ADJUSTABLE`. Return False if the job has ended.

    Labels change as `avio.wire.labels.changed` says. Raise ValueError if they are too many then.
    """
    with transaction():
        values = dict(given)
        if "labels" in given:
            found = row("SELECT labels FROM jobs WHERE id = ? {alone}", job)
            labels = changed(json.loads(found[0]) if found else {}, given["labels"])
            require_few(labels)
            values["labels"] = json.dumps(labels)
        columns = [column for column in ADJUSTABLE if column in values]
        adjusted = change(
            f"UPDATE jobs SET {''.join(f'{column} = ?, ' for column in columns)}"  # noqa: S608 - made of constants
            "version = version + 1, updated_at = {now} WHERE id = ? AND state IN {unfinished}",
            *(values[column] for column in columns),
            job,
        )
    return adjusted > 0


def crowd() -> list[tuple[str | None, int]]:
    """Return the paths of the jobs on all nodes that move files, and how many jobs have each. A list has None."""
    found = rows(
        f"SELECT path, count(*) FROM jobs WHERE state IN {owned} AND type IN ({_MOVING})"  # noqa: S608 - made of constants
        " GROUP BY path LIMIT 10000"
    )
    return [(path, int(count)) for path, count in found]
