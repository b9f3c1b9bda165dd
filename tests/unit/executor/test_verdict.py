"""What the end of the work means."""

import pytest

from avio.errors import CacheFull, EngineError
from avio.executor.verdict import explain, judge, judge_check
from avio.wire.progress import Counters, ErrorGroup, Progress


def progress(total: int, done: int, failed: int, *errors: ErrorGroup) -> Progress:
    counters = Counters(files_total=total, files_done=done, files_failed=failed)
    return Progress("verifying", True, counters, errors=list(errors))


@pytest.mark.parametrize(
    ("total", "done", "failed", "state"),
    [
        (3, 3, 0, "succeeded"),
        (3, 2, 1, "partial"),
        (3, 0, 3, "failed"),
        (3, 2, 0, "partial"),  # one is neither there nor failed: never a success
        (3, 0, 0, "failed"),
        (3, 3, 1, "partial"),
    ],
)
def test_only_all_of_it_is_a_success(total: int, done: int, failed: int, state: str) -> None:
    assert judge(progress(total, done, failed))[0] == state


def test_the_reason_is_that_of_most_failures_and_the_message_has_a_sample() -> None:
    state, reason, message = judge(progress(9, 4, 5, ErrorGroup("A", 2), ErrorGroup("B", 3, samples=["/x"])))

    assert (state, reason) == ("partial", "B")
    assert message == "5 of 9 files failed: 3 with B, first /x"


@pytest.mark.parametrize(
    ("error", "reason", "words"),
    [
        (CacheFull("no room"), "CACHE_FULL", "no room; free some"),
        (EngineError("odd"), "ENGINE_ERROR", "odd"),
        (OSError(28, "No space left on device"), "NODE_FAULT", "the node's own disk"),
        (ZeroDivisionError("oh"), "INTERNAL", "ZeroDivisionError: oh"),
    ],
)
def test_what_ended_the_work_as_a_whole_is_explained(error: Exception, reason: str, words: str) -> None:
    found, message = explain(error)

    assert found == reason
    assert words in message


def kept(done: int, kept: int, failed: int, *errors: ErrorGroup) -> Progress:
    counters = Counters(files_total=done + kept + failed, files_done=done, files_kept=kept, files_failed=failed)
    return Progress("verifying", True, counters, errors=list(errors))


def test_kept_and_left_out_files_are_both_told() -> None:
    message = "2 files in place, 1 kept as they are in the cache; 1 file left out: 1 symlink"

    assert judge(kept(2, 1, 0), also="1 file left out: 1 symlink") == ("succeeded", None, message)
    partial = judge(kept(2, 1, 0), also="1 file left out: 1 symlink", excused=False)
    assert partial == ("partial", "LEFT_OUT", message)


def test_a_conflict_comes_before_what_is_left_out() -> None:
    conflicts = ErrorGroup("BOTH_CHANGED", 1, samples=["/x"])
    left_out = ErrorGroup("SYMLINK", 1, samples=["/link"])

    found = judge(kept(2, 1, 0, left_out, conflicts), also="1 file left out: 1 symlink", excused=False)

    message = "1 of 3 files changed in bucket and cache, and were kept, first /x; 1 file left out: 1 symlink"
    assert found == ("partial", "BOTH_CHANGED", message)


def test_a_conflict_is_no_reason_of_failed_files() -> None:
    found = judge(kept(0, 1, 1, ErrorGroup("BOTH_CHANGED", 1, samples=["/x"]), ErrorGroup("A", 1, samples=["/y"])))

    assert found == ("partial", "A", "1 of 2 files failed: 1 with A, first /y")


@pytest.mark.parametrize(
    ("counted", "excused", "state", "reason", "message"),
    [
        ({"done": 3}, True, "succeeded", None, "3 files the same"),
        ({"done": 3}, False, "partial", "LEFT_OUT", "3 files the same"),
        ({"done": 2, "different": 1}, False, "partial", "DIFFERENT", "2 files the same, 1 different"),
        ({"only_in_bucket": 3}, True, "partial", "DIFFERENT", "0 files the same, 3 only in the bucket"),
        ({"done": 1, "only_in_cache": 2}, True, "partial", "DIFFERENT", "1 files the same, 2 only in the cache"),
        ({"done": 2, "failed": 1}, True, "partial", "A", "2 files the same, 1 not compared"),
        ({"different": 2, "failed": 1}, True, "partial", "A", "0 files the same, 2 different, 1 not compared"),
        ({"failed": 3}, True, "failed", "A", "0 files the same, 3 not compared"),
    ],
)
def test_a_check_succeeds_only_if_all_is_compared_and_the_same(
    counted: dict[str, int], excused: bool, state: str, reason: str | None, message: str
) -> None:
    counters = Counters(files_total=3, **{f"files_{name}": count for name, count in counted.items()})
    told = Progress("verifying", True, counters, errors=[ErrorGroup("A", 1)] if "failed" in counted else [])
    assert judge_check(told, excused=excused) == (state, reason, message)
    assert judge_check(told, "words", excused=excused)[2] == f"{message}; words"
