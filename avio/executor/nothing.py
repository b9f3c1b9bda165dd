"""Why an order has no files: they match nothing, or all that matches is left out.

Runs in the job process.
"""

from avio.errors import EngineError, LeftOutFiles, NothingMatched
from avio.executor.left_out import in_words
from avio.executor.limits import Limits
from avio.executor.work import Work
from avio.wire.states import JobType

_HAVE_NONE = {JobType.SAVE: "the cache has no file", JobType.CHECK: "neither bucket nor cache has a file"}


def nothing_matched(work: Work, limits: Limits) -> EngineError:
    """Return the error of an order without files. What was left out is told."""
    params = work.order.params
    by_reason, unexcused = work.attempt.left_out_by_reason()
    what = "the file list" if params.from_file_list else params.subject
    matches = f"{_HAVE_NONE.get(work.order.type, 'the bucket has no file')} that matches {what}"
    message = "; ".join(filter(None, (matches, limits.in_words(), in_words(by_reason))))
    if unexcused:
        return LeftOutFiles(message)
    flat = "depth=0 takes no directory: use depth=1 for the files directly in it" if params.depth == 0 else None
    return NothingMatched(message, cure=limits.cure or flat)
