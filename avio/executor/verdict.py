"""Judges the end of the work: the terminal state, its reason, and a message for people.

Runs in the job process; pure.
"""

from avio.errors import AvioError, EngineError, LeftOutFiles
from avio.undecoded import described
from avio.wire.options import Ability
from avio.wire.progress import ErrorGroup, Progress
from avio.wire.states import State


class BothChanged(EngineError):
    """A preload met a cached file that changed, and so did the bucket's. It kept the cached file."""

    reason = "BOTH_CHANGED"
    status = 409
    cure = (
        f"compare both; a save with {Ability.OVERWRITE} replaces the bucket's; or remove the copy in its tier's "
        "directory, and preload again"
    )


class Differences(EngineError):
    """A check found that bucket and cache differ."""

    reason = "DIFFERENT"
    cure = "see the report: a preload brings what is only in the bucket, a save what is only in the cache"


def judge_check(progress: Progress, also: str = "", *, excused: bool = True) -> tuple[State, str | None, str]:
    """Return state, reason and message for a check that ended by itself; otherwise as `judge`.

    It succeeded only if all files were compared, and all are the same.
    """
    counters = progress.counters
    counted = {
        "different": counters.files_different,
        "only in the bucket": counters.files_only_in_bucket,
        "only in the cache": counters.files_only_in_cache,
    }
    failed = {"not compared": counters.files_failed}
    parts = [f"{count} {what}" for what, count in (counted | failed).items() if count]
    message = "; ".join(filter(None, (", ".join([f"{counters.files_done} files the same", *parts]), also)))
    if counters.files_failed:
        compared = counters.files_done or any(counted.values())
        return State.PARTIAL if compared else State.FAILED, _worst(progress.errors).reason, message
    if any(counted.values()):
        return State.PARTIAL, Differences.reason, message
    return (State.SUCCEEDED, None, message) if excused else (State.PARTIAL, LeftOutFiles.reason, message)


def judge(
    progress: Progress, done: str = "in place", also: str = "", *, excused: bool = True
) -> tuple[State, str | None, str]:
    """Return state, reason and message for work that ended by itself; its counters are the verified ones.

    `progress` has no errors of files that are left out.
    `done` describes the files that the job has done, `also` what else a person should know, such as the files that it
    can't handle; `excused` if the order allows those.
    """
    counters = progress.counters
    also = f"; {also}" if also else ""
    if counters.files_done + counters.files_kept == counters.files_total and not counters.files_failed:
        return _without_failures(progress, done, also, excused=excused)
    groups = [
        each for each in progress.errors if each.count <= counters.files_failed and each.reason != BothChanged.reason
    ]
    groups = groups or progress.errors
    worst = _worst(groups)
    sample = f", first {worst.samples[0]}" if worst.samples else ""
    most = f"{worst.count} with {worst.reason}{sample}"
    message = f"{counters.files_failed} of {counters.files_total} files failed: {most}{also}"
    return State.PARTIAL if counters.files_done or counters.files_kept else State.FAILED, worst.reason, message


def _worst(groups: list[ErrorGroup]) -> ErrorGroup:
    return max(groups, key=lambda group: group.count, default=ErrorGroup("INTERNAL"))


def _without_failures(progress: Progress, done: str, also: str, *, excused: bool) -> tuple[State, str | None, str]:
    """Return state, reason and message for work without a failed file. Conflicts make it partial."""
    counters = progress.counters
    conflicts = next((group for group in progress.errors if group.reason == BothChanged.reason), None)
    if conflicts is not None:
        message = f"{conflicts.count} of {counters.files_total} files changed in bucket and cache, and were kept"
        return State.PARTIAL, BothChanged.reason, f"{message}, first {conflicts.samples[0]}{also}"
    kept = f", {counters.files_kept} kept as they are in the cache" if counters.files_kept else ""
    message = f"{counters.files_done} files {done}{kept}{also}"
    return (State.SUCCEEDED, None, message) if excused else (State.PARTIAL, LeftOutFiles.reason, message)


def explain(error: Exception) -> tuple[str, str]:
    """Return reason and message for an error that ended the work as a whole."""
    if isinstance(error, AvioError):
        return error.reason, f"{error}; {error.cure}" if error.cure else str(error)
    if isinstance(error, OSError):
        return "NODE_FAULT", f"the node's own disk: {described(error)}"
    return "INTERNAL", f"{type(error).__name__}: {described(error)}"
