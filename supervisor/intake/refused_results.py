"""What to store of a result that the database refuses: less and less of it. Runs in intake.

A job process wrote the result, with names and messages of strangers. An end that fails each time would stop the node.
"""

from dataclasses import replace

from avio.wire.results import Result
from avio.wire.states import State


def versions(result: Result | None) -> list[Result | None]:
    """Return what to store, in the order of the tries: the result, without its texts, and without its numbers."""
    if result is None:
        return [None]
    message = "the database refuses the result of the attempt; see the supervisor's log"
    empty = Result(result.job, result.attempt, State.FAILED, "INTERNAL", message)
    return [result, _without_texts(result), empty]


def _without_texts(result: Result) -> Result:
    progress = replace(result.progress, errors=[])
    message = "the failed files could not be stored; see the report" if result.failures else ""
    return replace(result, message=message, local_path=None, progress=progress, failures=[], timing=None)
