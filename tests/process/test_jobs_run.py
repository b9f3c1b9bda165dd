"""Jobs on a real supervisor: they run without Redis, apart from each other, within the slots, and stop when asked."""

import os
from pathlib import Path

from tests.process.site import SIZE, Site
from tests.processes import is_alive, wait_until


def session_of(pid: int) -> set[int]:
    """Return every living process of the session that `pid` leads."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == pid and is_alive(int(entry.name)):
                    found.add(int(entry.name))
            except ProcessLookupError:
                continue
    return found


def test_an_order_runs_without_any_hint_and_ends_with_all_files_there(site: Site) -> None:
    site.fill(2000)
    job = site.order()

    supervisor = site.supervisor()
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["node"]) == ("succeeded", 1, None)
    assert (row["files_total"], row["files_done"], row["verified_files"]) == (2000, 2000, 2000)
    assert (row["bytes_total"], row["bytes_wire"], row["verified_bytes"]) == (2000 * SIZE,) * 3
    site.assert_all_cached(2000)
    (attempt,) = site.attempts(job)
    assert (attempt.outcome, attempt.exit_code, attempt.exit_signal) == ("succeeded", 0, None)
    assert attempt.max_rss > 1 << 20
    assert supervisor.terminate() == 0
    assert list((site.home / "spool" / "n1").glob("*.*")) == []


def test_each_job_has_a_session_of_its_own_and_the_slots_are_kept(site: Site) -> None:
    site.fill(5)
    jobs = [site.order() for _ in range(5)]
    supervisor = site.supervisor(AVIO_SLOTS="2", AVIO_FAULT="executor.before-verify:delay:0.7")
    seen: set[int] = set()
    most = 0

    def all_ended() -> bool:
        nonlocal most
        running = supervisor.jobs()
        seen.update(running)
        most = max(most, len(running))
        return all(site.row(job)["finished_at"] for job in jobs)

    wait_until(all_ended, 25, "all jobs have ended")

    assert {site.row(job)["state"] for job in jobs} == {"succeeded"}
    assert len(seen) == 5
    assert most == 2
    assert {attempt.pid for job in jobs for attempt in site.attempts(job)} == seen
    assert not [pid for pid in seen if session_of(pid)]


def test_a_running_job_stops_soon_when_it_is_cancelled_and_leaves_no_half_file(site: Site) -> None:
    site.fill(1000)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="download.publish:delay:0.1")
    wait_until(site.cached, 20, "the first files are there")
    process = supervisor.job()

    site.cancel(job)
    row = site.wait_for_end(job, limit=5)

    assert (row["state"], row["reason"], row["message"]) == ("cancelled", None, "enough")
    assert not is_alive(process)
    assert 0 < len(site.cached()) < 1000
    assert {file.stat().st_size for file in site.cached()} == {SIZE}
    assert site.temporaries() == []
    assert session_of(process) == set()


def test_a_job_that_is_cancelled_while_it_waits_never_runs(site: Site) -> None:
    site.fill(3)
    job = site.order()
    site.cancel(job)
    other = site.order()

    site.supervisor()

    assert site.wait_for_end(other)["state"] == "succeeded"
    assert site.row(job)["state"] == "cancelled"
    assert site.attempts(job) == []


def test_a_job_of_a_path_that_is_not_there_fails_with_its_reason(site: Site) -> None:
    site.supervisor()

    row = site.wait_for_end(site.order("/data/nowhere"))

    assert (row["state"], row["reason"], row["attempt"]) == ("failed", "PATH_NOT_FOUND", 1)
    assert "/data/nowhere" in row["message"]


def test_files_that_vanish_from_the_cache_after_the_last_byte_are_loaded_again(site: Site) -> None:
    site.fill(50)
    job = site.order()
    site.supervisor(AVIO_FAULT="executor.before-verify:delay:1")
    wait_until(lambda: len(site.cached()) == 50, 20, "all files have arrived")
    assert site.row(job)["finished_at"] is None

    for file in site.cached()[::2]:
        file.unlink()
    row = site.wait_for_end(job)

    assert (row["state"], row["files_done"], row["verified_files"]) == ("succeeded", 50, 50)
    assert row["bytes_wire"] == 75 * SIZE
    site.assert_all_cached(50)


def test_files_that_vanish_while_they_are_loaded_are_never_called_there(site: Site) -> None:
    site.fill(300)
    job = site.order()
    site.supervisor(AVIO_FAULT="download.publish:delay:0.02")
    wait_until(lambda: len(site.cached()) > 20, 20, "the first files are there")

    for file in site.cached():
        file.unlink()
    row = site.wait_for_end(job)

    assert (row["state"], row["verified_files"]) == ("succeeded", 300)
    site.assert_all_cached(300)
