"""What a person sees happen: bars that move, names as they are, the keyboard alone, a server that dies."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from supervisor.keeper import process_tree
from tests.browser.conftest import ODD_NAMES
from tests.browser.watched_page import WatchedPage
from tests.e2e.up_server import ProcessManager
from tests.processes import wait_until

SLOW = {"params": {"alluxioUri": "/data/slow", "bandwidth": 256 << 10}}
LIMIT = 20  # seconds


@pytest.fixture
def slow_job(up: ProcessManager, page: WatchedPage) -> Iterator[str]:
    """A preload that takes ten seconds; it is stopped at the end, and its files are dropped."""
    job: str = page.call("POST", "preload", SLOW)["id"]
    yield job
    up.admin.avio("cancel", job)
    up.admin.avio("wait", job)
    up.admin.avio("free", "--recursive", "/data/slow")


def row(page: WatchedPage, job: str) -> Any:
    return page.tab.locator(f"tr[data-job='{job}']")


def share(row: Any) -> int:
    """Return the percent that a bar tells; -1 while it is unknown."""
    told = row.get_by_role("progressbar").first.get_attribute("aria-valuenow") if row.count() else None
    return -1 if told is None else int(float(told))


def test_a_bar_moves_without_a_reload(page: WatchedPage, slow_job: str) -> None:
    page.tab.evaluate("window.sameDocument = true")
    line = row(page, slow_job)
    line.wait_for()
    wait_until(lambda: share(line) > 5, LIMIT, "the bar moves")
    first = share(line)
    wait_until(lambda: share(line) > first, LIMIT, "the bar moves on")

    page.keep_picture("wide-jobs-running")
    assert re.search(r"\d+(\.\d)? KiB/s", line.inner_text())
    assert page.tab.evaluate("window.sameDocument")


def test_the_view_of_a_job_shows_its_speed_and_how_to_order_it_in_a_terminal(page: WatchedPage, slow_job: str) -> None:
    main = page.show(f"jobs/{slow_job}")
    main.get_by_text("files in flight").first.wait_for()
    main.locator(".chart canvas").wait_for()
    page.tab.wait_for_timeout(3000)
    page.keep_picture("wide-job-running")

    copies = main.get_by_role("button", name="Copy as CLI").get_attribute("data-copies")
    assert copies == "avio preload /data/slow --bandwidth 262144"
    for figure in ("Total", "Done", "Already in place", "Moved by other jobs", "Failed", "In flight", "On the wire"):
        assert main.get_by_text(figure, exact=True).count(), figure


def test_a_running_job_gets_another_bandwidth(page: WatchedPage, slow_job: str) -> None:
    main = page.show(f"jobs/{slow_job}")
    main.get_by_role("button", name="Change").click()
    dialog = page.tab.get_by_role("dialog")
    dialog.get_by_label("Bandwidth").fill("fast")
    dialog.get_by_role("button", name="Change").click()
    dialog.get_by_role("alert").get_by_text("fast is not understood").wait_for()
    dialog.get_by_label("Bandwidth").fill("2MiB")
    dialog.get_by_role("button", name="Change").click()
    dialog.wait_for(state="detached")

    assert page.call("GET", f"jobs/{slow_job}")["bandwidth"] == 2 << 20
    main.get_by_text("2.0 MiB/s").first.wait_for()


def test_failures_are_grouped_and_named_and_the_failed_files_are_tried_again(page: WatchedPage) -> None:
    listed = page.call("POST", "filelists", "/data/top.bin\n/data/none.bin\n")["fileListId"]
    params = {"fromFileList": True, "fileListId": listed}
    job = page.call("POST", "preload", {"name": "with a gap", "params": params})["id"]
    main = page.show(f"jobs/{job}")
    main.locator(".title [data-state=partial]").wait_for()

    main.get_by_text("PATH_NOT_FOUND").first.wait_for()
    main.get_by_role("cell", name="/data/none.bin", exact=True).wait_for()
    main.get_by_role("button", name="Show the end of the log").click()
    main.locator("pre.log").wait_for()
    page.keep_picture("wide-job-partial")
    main.get_by_role("button", name="Retry failed files").click()
    page.tab.get_by_role("dialog").get_by_role("button", name="Retry failed files").click()
    page.tab.wait_for_url(lambda url: "#/jobs/" in url and job not in url)
    page.tab.locator("main").get_by_text("failed files of with a gap").first.wait_for()


def test_names_are_text_whatever_they_hold(page: WatchedPage) -> None:
    main = page.show("files?path=/data/odd")
    main.get_by_text(ODD_NAMES[0]).wait_for()
    shown = main.locator("td.what").all_inner_texts()

    plain = {name.replace("\u202e", "\\u202e").replace("\t", "\\x09") for name in ODD_NAMES}
    assert set(shown) == plain
    assert page.tab.locator("main img").count() == 0
    assert main.locator("td.what bdi").count() == len(ODD_NAMES), "each name has its own direction"


def test_a_plan_comes_before_a_preload_and_what_a_free_drops_before_the_free(page: WatchedPage) -> None:
    main = page.show("files?path=/data/imagenet/train")
    main.get_by_role("button", name="Preload").first.click()
    dialog = page.tab.get_by_role("dialog")
    dialog.get_by_text("would load").or_(dialog.get_by_text("in place")).first.wait_for()
    page.keep_picture("wide-plan")
    dialog.get_by_role("button", name="Preload").click()
    page.tab.wait_for_url("**#/jobs/*")
    page.tab.locator("main [data-state=succeeded]").first.wait_for()

    main = page.show("files?path=/data/imagenet/train")
    main.get_by_role("button", name="Free").first.click()
    dialog.get_by_text("Would be dropped").wait_for()
    page.keep_picture("wide-free")
    dialog.get_by_role("button", name="Free").click()
    dialog.get_by_text("2 files dropped").wait_for()


def test_a_schedule_is_run_paused_and_resumed(page: WatchedPage) -> None:
    params = {"alluxioUri": "/data/top.bin"}
    made = page.call("POST", "schedules", {"name": "keys", "type": 1, "params": params, "cron": "0 3 * * *"})
    main = page.show("schedules")
    line = main.get_by_role("row").filter(has_text="keys")
    line.get_by_role("button", name="Pause").click()
    line.get_by_role("button", name="Resume").click()
    line.get_by_role("button", name="Pause").wait_for()
    line.get_by_role("button", name="Run now").click()
    page.tab.wait_for_url("**#/jobs/*")

    main = page.show("schedules")
    line.get_by_role("button", name="Delete").click()
    page.tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
    line.wait_for(state="detached")
    assert made["id"] not in str(page.call("GET", "schedules"))


def test_a_person_signs_in_and_stops_a_job_by_the_keyboard_alone(
    up: ProcessManager, open_page: Callable[..., WatchedPage], slow_job: str
) -> None:
    page = open_page(signed_in=False)
    page.tab.goto(page.url)
    page.tab.get_by_label("Name").wait_for()
    for word in ("admin", up.admin.password):
        page.tab.keyboard.type(word)
        page.tab.keyboard.press("Tab")
    page.tab.keyboard.press("Enter")
    line = row(page, slow_job)
    line.wait_for()

    until_focused(page, f"Choose job {slow_job}")
    page.tab.keyboard.press("Space")
    page.tab.get_by_text("1 chosen").wait_for()
    until_focused(page, "Stop (1)", key="Shift+Tab")
    page.tab.keyboard.press("Enter")
    page.tab.get_by_role("dialog").wait_for()
    page.tab.keyboard.press("Enter")
    line.locator("[data-state=cancelled]").wait_for()


def until_focused(page: WatchedPage, name: str, key: str = "Tab") -> None:
    """Press a key until what has a name is focused."""
    for _ in range(60):
        page.tab.keyboard.press(key)
        told = page.tab.evaluate("[document.activeElement.ariaLabel, document.activeElement.innerText]")
        if name in told:
            return
    pytest.fail(f"no {key} leads to {name}")


def test_a_web_that_is_killed_shows_a_banner_and_the_page_goes_on(
    up: ProcessManager, page: WatchedPage, slow_job: str
) -> None:
    line = row(page, slow_job)
    wait_until(lambda: share(line) > 0, LIMIT, "the job runs")
    web = up.pid("web")
    assert web is not None
    for pid in (web, *process_tree.descendants(web)):
        os.kill(pid, signal.SIGKILL)

    banner = page.tab.locator(".banner")
    banner.wait_for()
    assert "No news since" in banner.inner_text()
    assert page.tab.locator("main.stale").count() == 1
    page.keep_picture("wide-banner")
    before = share(line)
    banner.wait_for(state="detached")
    wait_until(lambda: share(line) > before or "succeeded" in line.inner_text(), LIMIT, "the bar goes on")
    assert page.tab.locator("main.stale").count() == 0
    page.errors[:] = [error for error in page.errors if "net::ERR" not in error and "ERR_CONNECTION" not in error]


def test_the_page_shows_a_thousand_rows_a_hundred_at_a_time(page: WatchedPage) -> None:
    first = page.call("POST", "preload", {"params": {"alluxioUri": "/data/top.bin"}})

    def many(route: Any) -> None:
        token = re.search(r"pageToken=\w+(\d{5})", route.request.url)
        start = int(token[1]) if token else 1000
        jobs = [{**first, "id": f"01ARZ3NDEKTSV4RRFFQ69{number:05}"} for number in range(start - 1, start - 101, -1)]
        following = jobs[-1]["id"] if start > 100 else None
        route.fulfill(json={"jobs": jobs, "users": {}, "nextPageToken": following})

    page.tab.route(re.compile(r"/jobs\?filter=name"), many)
    page.show("jobs?filter=name:many")
    for shown in range(100, 1000, 100):
        page.tab.locator("tbody tr").nth(shown - 1).wait_for()
        page.tab.get_by_role("button", name="Show more").click()
    page.tab.locator("tbody tr").nth(999).wait_for()
    assert page.tab.get_by_role("button", name="Show more").count() == 0
