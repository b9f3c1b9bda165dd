"""The page over a long day, and for those who can't see it: memory stays flat, and axe finds nothing serious."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.watched_page import WatchedPage

VIEWS = ("jobs", "files?path=/data", "cache", "nodes", "schedules", "me", "admin")
JOBS = 50
GROWTH_BYTES = 2 << 20


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page: Callable[..., WatchedPage], theme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(signed_in=False, color_scheme=theme)
    page.tab.goto(page.url)
    page.tab.get_by_label("Name").wait_for()
    found = serious(axe.run(page.tab), "sign-in")
    page.sign_in("admin", "correct horse")
    job = page.call("POST", "preload", {"params": {"alluxioUri": "/data/top.bin"}})["id"]
    for view in (*VIEWS, f"jobs/{job}"):
        page.show(view)
        found += serious(axe.run(page.tab), view)
    assert found == []


def serious(result: Any, view: str) -> list[str]:
    """Return what axe calls serious or critical, with the first element of each."""
    return [
        f"{view}: {each['id']}: {each['nodes'][0]['html'][:120]} {each['nodes'][0].get('failureSummary', '')[:200]}"
        for each in result.response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def test_the_memory_of_a_page_stays_flat_over_ten_thousand_events(open_page: Callable[..., WatchedPage]) -> None:
    page = open_page()
    shape = page.call("POST", "preload", {"params": {"alluxioUri": "/data/top.bin"}})
    jobs = [{**shape, "id": f"01ARZ3NDEKTSV4RRFFQ69{n:05}", "status": "running"} for n in range(JOBS)]
    answers = [stream(jobs, 2_000), stream(jobs, 10_000)]

    def serve(route: Any) -> None:
        if answers:  # the third stream has no news
            route.fulfill(content_type="text/event-stream", body=answers.pop(0))

    page.tab.route(
        re.compile(r"/jobs\?"), lambda route: route.fulfill(json={"jobs": jobs, "users": {}, "nextPageToken": None})
    )
    page.tab.route("**/events", serve)
    page.tab.reload()
    page.tab.get_by_text("1.9 KiB/s").first.wait_for()
    before = heap(page)
    page.tab.get_by_text("9.8 KiB/s").first.wait_for()

    assert heap(page) - before < GROWTH_BYTES


def stream(jobs: list[Any], events: int) -> str:
    """Return a snapshot of jobs, and as many events of them, whose speed rises."""
    texts = [f"event: snapshot\ndata: {json.dumps({'jobs': jobs})}\n\n"]
    for number in range(events):
        job = jobs[number % len(jobs)]
        shown = ("total", "done", "failed", "percent", "bytesInFlight")
        progress = {**{name: job["progress"][name] for name in shown}, "speedBps": number, "inFlight": number % 7}
        rest = {"phase": "transferring", "errors": [], "eta": None, "phases": [], "waiting": None}
        texts.append(f"event: progress\ndata: {json.dumps({'id': job['id'], 'progress': progress, **rest})}\n\n")
    return "".join(texts)


def heap(page: WatchedPage) -> int:
    """Return the bytes that the scripts of a page use, after the garbage is gone."""
    session = page.context.new_cdp_session(page.tab)
    session.send("HeapProfiler.collectGarbage")
    used: int = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used
