"""The attempt: counting from any thread, and leaving in time."""

import threading
import time
from dataclasses import replace

import pytest

from avio.clock import boottime
from avio.engines.awaited import Awaited
from avio.engines.base import Entry, EntryState
from avio.engines.content import Content
from avio.executor.attempt import Attempt, Stopped
from avio.executor.verdict import judge
from avio.wire.progress import ErrorGroup
from avio.wire.states import Phase

ENTRY = Entry("/a", "file", 10, None, EntryState.REMOTE)


@pytest.fixture
def attempt() -> Attempt:
    return Attempt("JOB", 2)


def test_an_attempt_leaves_when_it_is_asked_to(attempt: Attempt) -> None:
    attempt.raise_if_stopping()

    attempt.stop()

    assert attempt.stopping()
    assert attempt.asked_to_stop()
    with pytest.raises(Stopped):
        attempt.raise_if_stopping()


def test_an_attempt_leaves_when_its_deadline_is_over_and_not_before(attempt: Attempt) -> None:
    attempt.deadline = boottime() + 100
    assert not attempt.stopping()

    attempt.deadline = boottime() - 0.001

    assert attempt.stopping()
    assert not attempt.asked_to_stop()


def test_a_pause_ends_at_once_when_the_attempt_must_leave(attempt: Attempt) -> None:
    threading.Timer(0.05, attempt.stop).start()
    begun = time.monotonic()

    with pytest.raises(Stopped):
        attempt.pause(30)

    assert time.monotonic() - begun < 5


def test_its_name_is_that_of_job_and_number(attempt: Attempt) -> None:
    assert attempt.name == "JOB.2"


def test_counting_from_many_threads_loses_nothing(attempt: Attempt) -> None:
    def count() -> None:
        for _ in range(500):
            attempt.listed(10)
            attempt.moved(10)
            attempt.arrived(10, skipped=False)
            attempt.failed(ENTRY, "GONE", "", retryable=False)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    counters = attempt.progress().counters
    assert (counters.files_total, counters.files_done, counters.files_failed) == (4000, 4000, 4000)
    assert (counters.bytes_total, counters.bytes_wire, counters.bytes_failed) == (40_000, 40_000, 40_000)
    assert attempt.progress().errors[0].count == 4000


def test_progress_is_a_copy(attempt: Attempt) -> None:
    attempt.failed(ENTRY, "GONE", "", retryable=True)
    before = attempt.progress()

    attempt.begin(Phase.VERIFYING)
    attempt.failed(ENTRY, "GONE", "", retryable=True)
    attempt.listed_all()

    assert (before.phase, before.total_complete, before.errors[0].count) == ("listing", False, 1)
    assert before.errors[0].samples == ["/a"]


def test_the_end_tells_what_was_verified_not_what_was_tried(attempt: Attempt) -> None:
    for _ in range(3):
        attempt.arrived(10, skipped=True)

    attempt.settle(1, 10)

    counters = attempt.progress().counters
    assert (counters.files_done, counters.bytes_done, counters.files_skipped, counters.bytes_skipped) == (1, 10, 1, 10)


def test_what_another_job_has_moved_is_counted_apart(attempt: Attempt) -> None:
    for skipped, shared in ((True, False), (False, True), (False, True), (False, False)):
        attempt.listed(10)
        attempt.arrived(10, skipped=skipped)
        if shared:
            attempt.shared(10)

    def figures() -> tuple[int, ...]:
        found = attempt.progress().counters
        return found.files_done, found.files_skipped, found.bytes_skipped, found.files_shared, found.bytes_shared

    assert figures() == (4, 1, 10, 2, 20)
    attempt.settle(2, 20)
    assert figures() == (2, 1, 10, 1, 10)


def test_files_of_another_job_are_not_in_flight_and_it_is_named_when_nothing_else_is_left(attempt: Attempt) -> None:
    attempt.taken.count = lambda: 5
    attempt.waits_for(Awaited(3))
    assert (attempt.under_way(), attempt.progress().waiting) == (2, None)

    attempt.waits_for(Awaited(5, "01OTHER"))
    waiting = attempt.progress().waiting
    assert waiting is not None
    assert (attempt.under_way(), waiting.why, waiting.what) == (0, "OTHER_JOB", "01OTHER")

    attempt.waits_for(None)
    assert (attempt.under_way(), attempt.progress().waiting) == (5, None)


def test_an_attempt_goes_on_from_the_bytes_that_earlier_ones_moved() -> None:
    attempt = Attempt("JOB", 2, bytes_before=1000)

    attempt.moved(50)

    assert attempt.progress().counters.bytes_wire == 1050


def test_the_total_follows_a_file_whose_size_changed_after_the_listing(attempt: Attempt) -> None:
    attempt.listed(100)
    attempt.listed(100)

    attempt.arrived(70, listed=100, skipped=False)
    attempt.arrived(250, listed=100, skipped=False)

    counters = attempt.progress().counters
    assert (counters.bytes_total, counters.bytes_done) == (320, 320)


def test_a_silent_block_beats_for_its_time_and_no_longer() -> None:
    beats: list[int] = []
    attempt = Attempt("JOB", 1, beats.append)

    attempt.beat_for_silent()
    assert beats == []
    with attempt.silent(0.2):
        attempt.beat_for_silent()
        assert len(beats) == 1
        time.sleep(0.25)
        attempt.beat_for_silent()
        assert len(beats) == 1
    attempt.beat_for_silent()

    assert len(beats) == 2


def test_an_attempt_that_waits_beats(attempt: Attempt) -> None:
    beats: list[int] = []
    attempt = Attempt("JOB", 1, beats.append)

    attempt.wait(0.5, lambda: False)

    assert len(beats) >= 2


def test_the_total_of_the_end_has_what_was_kept(attempt: Attempt) -> None:
    for size in (100, 30, 5):
        attempt.listed(size)
    attempt.failed(Entry("/a", "file", 5, None, EntryState.REMOTE), "GONE", "", retryable=True)

    attempt.settle_kept(1, 33, ErrorGroup("BOTH_CHANGED"))
    attempt.settle(1, 90, whole=True)

    progress = attempt.progress()
    counters = progress.counters
    assert (counters.files_total, counters.bytes_total, counters.bytes_kept) == (3, 90 + 33 + 5, 33)
    assert [group.reason for group in progress.errors] == ["GONE"]


def test_files_that_arrive_together_count_as_one_by_one() -> None:
    one, many = Attempt("ONE", 1), Attempt("MANY", 1)
    contents = [Content.PROVED, Content.REPAIRED, Content.PROVED, Content.UNPROVED]
    for content in contents:
        one.knows(content)
        one.arrived(10, listed=10, skipped=False)
    many.knows(*contents)
    many.arrived(40, skipped=False, files=4)
    assert many.progress() == one.progress()
    assert many.contents() == one.contents() == {Content.PROVED: 2, Content.REPAIRED: 1, Content.UNPROVED: 1}


def test_samples_show_bytes_as_messages_do(attempt: Attempt) -> None:
    odd = "/data/100%/\udcff"
    attempt.failed(replace(ENTRY, path=odd), "GONE", "", retryable=False)
    attempt.left_out(odd, "SYMLINK", "", excused=False)

    progress = attempt.progress()

    assert [group.samples for group in progress.errors] == [[r"/data/100%/\xff"]] * 2
    assert r"first /data/100%/\xff" in judge(progress)[2]
