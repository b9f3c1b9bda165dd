"""A server by `avio-server up`, a Chromium, and pages in it: an error that a page does not expect fails its test."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.watched_page import WatchedPage
from tests.conftest import missing
from tests.e2e.up_server import ProcessManager, roof

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
WIDE = {"width": 1280, "height": 800}

# Markup, scripts of both directions, the longest name, quotes, a control character.
ODD_NAMES = (
    "<img src=x onerror=alert(1)>.bin",
    "训练数据-図-데이터.tar",
    "مجلد-עברית.txt",
    "\u202egnp.exe",
    "l" * 251 + ".bin",
    'it\'s "quoted" & 100%.txt',
    "tab\there.txt",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this directory: they need a browser."""
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker("page")


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessManager]:
    """A whole server with the user admin, over a bucket with plain and odd names."""
    directory = tmp_path_factory.mktemp("page")
    fill(directory / "home" / "bucket")
    with roof(directory, fault="") as made:
        yield made


def fill(bucket: Path) -> None:
    """Put files into the bucket: some to look at, one that takes a while at a low bandwidth."""
    for name in ("imagenet/train/00001.tar", "imagenet/train/00002.tar", "imagenet/val/00001.tar", "top.bin"):
        write(bucket / name, name.encode() * 2000)
    for name in ODD_NAMES:
        write(bucket / "odd" / name, b"odd")
    for number in range(40):
        write(bucket / "slow" / f"{number:02}.bin", bytes(64 << 10))


def write(file: Path, body: bytes) -> None:
    """Write a file and the directories above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running Chromium of the system; without one tests are skipped, in CI they fail."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        missing("there is no Chromium: apt-get install chromium, then try again")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, up: ProcessManager) -> Iterator[Callable[..., WatchedPage]]:
    """Open a page in a browser profile of its own. At the end it must have seen no error."""
    pages: list[WatchedPage] = []

    def make(*, signed_in: bool = True, **options: Any) -> WatchedPage:
        context = chromium.new_context(viewport=WIDE, locale="en-US", **options)
        page = WatchedPage(context, up.admin.url)
        pages.append(page)
        if signed_in:
            page.sign_in("admin", up.admin.password)
        return page

    yield make
    for page in pages:
        page.context.close()
    assert [error for page in pages for error in page.errors] == []


@pytest.fixture
def page(open_page: Callable[..., WatchedPage]) -> WatchedPage:
    """A page with the admin signed in."""
    return open_page()
