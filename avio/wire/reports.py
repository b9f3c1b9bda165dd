"""The report that a job stores in a bucket: its names, and the words for one that is missing. Standard library only.

Runs in the job process, which stores it, and in intake and the aggregator, which end jobs whose process could not.
"""

import json
from collections.abc import Iterator


def object_name(job: str) -> str:
    """Return the name of the report of `job` in a directory."""
    return f"{job}.jsonl"


def other_names(place: str, job: str, attempt: int) -> Iterator[str]:
    """Yield `place`, and where the report goes if there is an object already, which stays.

    It may be that of an earlier attempt, which died before it could tell of it.
    """
    yield place
    if not place.endswith("/" + object_name(job)):
        yield f"{place}.{object_name(job)}"
    yield f"{place.removesuffix('.jsonl')}.{attempt}.jsonl"


def without_report(message: str, params: str) -> str:
    """Return the message of a job that ends without its process: it stored no report, if its `params` ask for one.

    `params` is the JSON of the row, which may be of no version of avio.
    """
    try:
        path = json.loads(params)["reportTo"]
    except (ValueError, TypeError, KeyError):
        return message
    return f"{message}; no report was stored at {path}"
