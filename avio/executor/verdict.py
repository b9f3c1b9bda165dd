"""What the end of the work means: the terminal state, its reason and a sentence for people.

Runs in the job process; pure.
"""

from avio.errors import AvioError
from avio.wire.progress import ErrorGroup, Progress
from avio.wire.states import State


def judge(progress: Progress) -> tuple[State, str | None, str]:
    """Return state, reason and message for work that went to its end; counters tell what was verified."""
    counters = progress.counters
    if counters.files_done == counters.files_total and not counters.files_failed:
        return State.SUCCEEDED, None, f"{counters.files_done} files in place"
    worst = max(progress.errors, key=lambda group: group.count, default=ErrorGroup("INTERNAL"))
    sample = f", first {worst.samples[0]}" if worst.samples else ""
    message = (
        f"{counters.files_failed} of {counters.files_total} files failed: {worst.count} with {worst.reason}{sample}"
    )
    return State.PARTIAL if counters.files_done else State.FAILED, worst.reason, message


def explain(error: Exception) -> tuple[str, str]:
    """Return reason and message for an error that ended the work as a whole."""
    if isinstance(error, AvioError):
        return error.reason, f"{error}; {error.cure}" if error.cure else str(error)
    if isinstance(error, OSError):
        return "NODE_FAULT", f"the node's own disk: {error}"
    return "INTERNAL", f"{type(error).__name__}: {error}"
