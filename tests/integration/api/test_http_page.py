"""The page: its files, their policy and caching; open to everybody, apart from the API."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from avio.api import Web
from avio.api.page.page_files import STATIC, page_files
from avio.rules.places import Places
from avio.wire.states import State
from avio.wire.waiting import Why
from tests.integration.api.conftest import CheckedClient
from tests.integration.api.page_words import texts, used_keys

MODULES = sorted(path for path in STATIC.rglob("*.js") if "vendor" not in path.parts)


@pytest.fixture
def browser(app: Web) -> CheckedClient:
    """A client without a token; what it gets is no reply of the API."""
    app.test_client_class = None
    client: CheckedClient = app.test_client()  # type: ignore[assignment]
    return client


def test_the_shell_names_only_files_that_are_served(browser: CheckedClient) -> None:
    shell = browser.get("/")

    assert (shell.status_code, shell.mimetype) == (200, "text/html")
    named = re.findall(r'(?:src|href)="([^"]+)"', shell.text)
    assert "page/main.js" in named
    for name in named:
        assert browser.get(f"/{name}").status_code == 200, name


def test_all_that_modules_import_is_served() -> None:
    for module in MODULES:
        for name in re.findall(r'from "(\.[^"]+)"', module.read_text(encoding="utf-8")):
            found = (module.parent / name).resolve().relative_to(STATIC)
            assert str(found) in page_files(), f"{module.name}: {name}"


def test_the_page_loads_from_its_own_server_alone_and_runs_no_text(browser: CheckedClient) -> None:
    for path in ("/", "/page/main.js", "/page/style/base.css", "/page/icon.svg"):
        headers = browser.get(path).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert not re.findall(r"<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", (STATIC / "index.html").read_text())


def test_the_api_keeps_the_policy_that_allows_nothing(browser: CheckedClient) -> None:
    for path in ("/healthz", "/whoami", "/page/none.js", "/none"):
        response = browser.get(path)
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'"), path
        assert response.headers["Cache-Control"] == "no-store"


def test_a_file_is_sent_again_only_when_it_has_changed(browser: CheckedClient) -> None:
    first = browser.get("/page/main.js")
    again = browser.get("/page/main.js", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.headers["Cache-Control"], first.data) == ("no-cache", (STATIC / "main.js").read_bytes())
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


def test_a_browser_that_unpacks_gets_fewer_bytes_of_another_tag(browser: CheckedClient) -> None:
    plain = browser.get("/page/vendor/uplot.min.js")
    packed = browser.get("/page/vendor/uplot.min.js", headers={"Accept-Encoding": "gzip, br"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["../page_files.py", "..%2fpage_files.py", "/etc/passwd", "views", "index.htm"])
def test_nothing_else_is_served(browser: CheckedClient, name: str) -> None:
    assert browser.get(f"/page/{name}").status_code in (404, 308)


def test_the_page_comes_while_all_places_of_strangers_are_taken(
    browser: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Places, "take", lambda self, key: False)

    assert browser.get("/").status_code == browser.get("/page/main.js").status_code == 200
    assert browser.post("/login", json={"name": "ada", "password": "x"}).status_code == 429


def test_a_post_to_the_page_is_refused(browser: CheckedClient) -> None:
    assert browser.post("/").status_code == 405


def test_the_page_is_open_and_no_call_of_the_api(app: Web, browser: CheckedClient) -> None:
    assert not [path for path in app.api_doc["paths"] if path == "/" or path.startswith("/page")]
    assert browser.get("/whoami").status_code == 401


def test_both_languages_have_the_same_texts_and_the_same_gaps() -> None:
    english, chinese = texts("en"), texts("zh")

    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", chinese[key])), key
        assert chinese[key].strip(), key


def test_every_text_that_a_view_asks_for_is_there_and_each_is_asked_for() -> None:
    exact, beginnings = used_keys(MODULES)
    known = texts("en").keys()

    assert exact - known == set()
    assert [key for key in known if key not in exact and not key.startswith(tuple(beginnings))] == []


def test_states_and_reasons_of_the_api_have_their_words() -> None:
    known = texts("en").keys()

    assert {f"status.{state}" for state in State} <= known
    assert {f"waits.{why}" for why in Why} <= known


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_is_one_thought_and_says_which(module: Path) -> None:
    lines = module.read_text(encoding="utf-8").splitlines()

    assert lines[0].startswith("// ")
    assert module.parent.name == "words" or (len(lines) < 200 and max(map(len, lines)) <= 190)
    assert not [line for line in lines if "innerHTML" in line or "dangerouslySetInnerHTML" in line or "eval(" in line]


def test_what_was_taken_from_others_is_as_it_was_with_its_version_and_licence() -> None:
    told = (STATIC / "vendor" / "licenses.txt").read_text(encoding="utf-8")

    for name in (path.name for path in (STATIC / "vendor").iterdir() if path.suffix in (".js", ".css")):
        assert re.search(rf"^{re.escape(name)} .*\d+\.\d+\.\d+", told, re.MULTILINE), name
        digest = hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest()
        assert f"{digest}  {name}\n" in told, f"{name} was changed here"
    assert "uPlot 1.6.32" in told
    assert "Apache License" in told
    assert "Permission is hereby granted" in told
