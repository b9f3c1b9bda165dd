"""Each view in a real browser, at two widths and in both languages: it renders, and a picture of it is kept."""

from collections.abc import Callable

import pytest

from tests.browser.watched_page import WatchedPage
from tests.e2e.up_server import ProcessManager

NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 800}

# A text that each view must show.
VIEWS = {
    "jobs": "imagenet",
    "jobs?filter=name:nothing-has-it": "No job matches",
    "files": "data/",
    "files?path=/data": "imagenet/",
    "files?path=/data/odd": "<img src=x onerror=alert(1)>.bin",
    "cache": "CACHE",
    "nodes": "slots busy",
    "schedules": "nightly",
    "me": "admin",
    "admin": "/data",
}


@pytest.fixture(scope="module")
def lived_in(up: ProcessManager) -> ProcessManager:
    """The server after some work: a preload, an odd one, a schedule."""
    assert up.admin.avio("preload", "/data/imagenet", "--wait", "--name", "first").returncode == 0
    assert up.admin.avio("preload", "/data/odd/<img src=x onerror=alert(1)>.bin", "--wait").returncode == 0
    made = up.admin.avio(
        "schedule", "create", "--cron", "0 2 * * *", "--name", "nightly", "--", "preload", "/data/imagenet"
    )
    assert made.returncode == 0, made.stderr
    return up


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_each_view_renders_and_is_kept_as_a_picture(
    lived_in: ProcessManager, open_page: Callable[..., WatchedPage], width: str
) -> None:
    page = open_page()
    page.tab.set_viewport_size(WIDE if width == "wide" else NARROW)
    job = page.call("GET", "jobs?filter=name:first")["jobs"][0]["id"]
    for view, text in {**VIEWS, f"jobs/{job}": "imagenet"}.items():
        main = page.show(view)
        main.get_by_text(text).first.wait_for()
        assert page.tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{view} is wider than the window"
        )
        for theme in ("light", "dark"):
            page.tab.emulate_media(color_scheme=theme)
            page.keep_picture(f"{width}-{theme}-{view}")
    page.tab.get_by_role("button", name="中文").click()
    page.tab.get_by_role("navigation").get_by_text("任务", exact=True).wait_for()
    page.keep_picture(f"{width}-zh")


def test_the_form_to_sign_in_says_what_is_wrong(
    lived_in: ProcessManager, open_page: Callable[..., WatchedPage]
) -> None:
    page = open_page(signed_in=False)
    page.tab.goto(page.url)
    page.keep_picture("wide-sign-in")
    page.tab.get_by_label("Name").fill("admin")
    page.tab.get_by_label("Password").fill("wrong")
    page.tab.get_by_role("button", name="Sign in").click()
    problem = page.tab.get_by_role("alert")
    problem.wait_for()
    assert "What to do:" in problem.inner_text()
    page.keep_picture("wide-sign-in-refused")
    assert len(page.errors) == 1, "the browser's own line about the 401"
    page.errors.clear()
