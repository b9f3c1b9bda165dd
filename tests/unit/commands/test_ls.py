"""`avio ls` and `avio stat`: what is asked, what is shown on a terminal and what to programs."""

import json

import pytest

from avio.commands.entries import LEFT_OUT
from avio.terminal import tables
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import entry_info, entry_page
from tests.unit.commands.stub import Stub, problem

pytestmark = pytest.mark.usefixtures("logged_in")

DIRECTORY = entry_info(
    "/data/train",
    kind="directory",
    size=None,
    modified=None,
    state="unknown",
    cachedBytes=None,
    cachedPercent=None,
    tiers={},
    saved=None,
    files=None,
    filesCached=None,
)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tables believe that a person looks at them."""
    monkeypatch.setattr(tables, "is_terminal", lambda: True)


def test_a_listing_says_what_may_be_left_out_with_the_words_of_path(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/list", entry_page(entry_info()) | {"leftOut": 2})

    assert avio("ls /data").stderr == f"2 left out: {LEFT_OUT}\n"
    assert "names that can't be paths" in LEFT_OUT


def test_all_pages_are_asked_for_and_programs_get_raw_tabbed_lines(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/list", entry_page(entry_info(), token="next"), entry_page(DIRECTORY))

    lines = avio("ls /data").stdout.splitlines()

    assert lines == [
        "3072\t100.0\tcached\tMEM=3072\t2026-05-02T11:40:00.000+08:00\t/data/a.tar",
        "-\t?\tunknown\t-\t-\t/data/train/",
    ]
    first, second = (request.query for request in stub.asked("GET", "/list"))
    assert first["alluxioUri"] == ["/data"]
    assert first["depth"] == ["1"]
    assert second["pageToken"] == ["next"]


@pytest.mark.usefixtures("terminal")
def test_people_get_a_table_with_names_and_never_0_percent_for_what_is_unknown(avio: Avio, stub: Stub) -> None:
    some = entry_info("/data/train/b", cachedPercent=0.4, cachedBytes=1, state="partial", tiers={"MEM": 1, "SSD": 0})
    stub.on("GET", "/list", entry_page(entry_info(), DIRECTORY, some))

    heading, *rows = avio("ls -R /data").stdout.splitlines()

    assert heading.split() == ["SIZE", "CACHED", "STATE", "TIER", "MODIFIED", "PATH"]
    assert [row.split() for row in rows] == [
        ["3.0", "KiB", "100%", "cached", "MEM", "2026-05-02", "11:40:00+08:00", "a.tar"],
        ["-", "?", "unknown", "-", "-", "train/"],
        ["3.0", "KiB", "<1%", "partial", "MEM+SSD", "2026-05-02", "11:40:00+08:00", "train/b"],
    ]
    assert "depth" not in stub.requests[0].query


def test_a_name_can_neither_break_the_line_nor_move_the_cursor(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/list", entry_page(entry_info("/data/\x1b[2J\n\u202egpj")))

    assert avio("ls /data").stdout.endswith("\t/data/\\x1b[2J\\n\\u202egpj\n")


def test_json_is_one_document_with_all_entries(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/list", entry_page(entry_info(), token="next"), entry_page(DIRECTORY))

    assert json.loads(avio("ls --depth 2 --json /data").stdout) == {
        "path": "/data",
        "entries": [entry_info(), DIRECTORY],
    }
    assert stub.requests[0].query["depth"] == ["2"]


def test_an_empty_directory_is_an_empty_list(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/list", entry_page())

    assert json.loads(avio("ls --json /data").stdout) == {"path": "/data", "entries": []}
    assert avio("ls /data").stdout == ""


def test_a_file_is_listed_by_its_name(avio: Avio, stub: Stub, terminal: None) -> None:
    stub.on("GET", "/list", entry_page(entry_info(), path="/data/a.tar"))

    assert avio("ls /data/a.tar").stdout.splitlines()[1].endswith("  a.tar")


def test_all_levels_and_a_number_of_levels_exclude_each_other(avio: Avio, stub: Stub) -> None:
    assert "--depth" in avio("ls -R --depth 2 /data", 2).stderr
    assert stub.requests == []


def test_a_server_that_repeats_a_page_is_not_followed_for_ever(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/list", entry_page(token="same"))

    assert "same page twice" in avio("ls /data", 5).stderr


def test_stat_shows_tiers_and_what_is_saved(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", entry_info(saved=False))

    shown = dict(line.split(":", 1) for line in avio("stat /data/a.tar").stdout.splitlines())

    assert {label: value.strip() for label, value in shown.items()} == {
        "Path": "/data/a.tar",
        "Kind": "file",
        "State": "cached",
        "Size": "3.0 KiB (3072 B)",
        "Cached": "100%, 3.0 KiB (3072 B)",
        "Files": "1 of 1 cached",
        "Tiers": "MEM 3.0 KiB (3072 B)",
        "Saved": "no",
        "Modified": "2026-05-02 11:40:00+08:00",
    }
    assert json.loads(avio("stat --json /data/a.tar").stdout) == entry_info(saved=False)


def test_stat_of_what_the_cache_does_not_tell_claims_nothing(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", DIRECTORY)

    shown = avio("stat /data/train").stdout

    assert "Cached:   ?, ?" in shown
    assert "Saved:    ?" in shown
    assert "0%" not in shown


def test_a_path_that_is_not_there_leaves_with_6(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", problem(404, "PATH_NOT_FOUND", "/nope is neither in the bucket nor in the cache"))

    avio("stat /nope", 6)


@pytest.mark.parametrize(("options", "code"), [("", 0), ("--depth 2", 3), ("-R", 3)])
def test_mounts_that_do_not_answer_are_named(avio: Avio, stub: Stub, options: str, code: int) -> None:
    page = entry_page(entry_info(), token="next") | {"unanswered": ["/b", "/a"]}
    stub.on("GET", "/list", page, entry_page() | {"unanswered": ["/b"]})

    said = avio(f"ls {options} /data", code).stderr

    assert said == "no answer from /a, /b: the files there are not listed; try again later\n"


@pytest.mark.parametrize("options", ["--depth 2", "-R"])
def test_mounts_that_refuse_are_named_with_the_reason(avio: Avio, stub: Stub, options: str) -> None:
    refusal = {"path": "/b", "reason": "ACCESS_DENIED", "message": "s3://b refuses the key"}
    unknown = entry_info("/b", kind="directory", state="unknown", cachedBytes=None)
    page = entry_page(entry_info(), unknown, token="next") | {"refused": [refusal]}
    stub.on("GET", "/list", page, entry_page(entry_info("/z")) | {"refused": [refusal]})

    said = avio(f"ls {options} /", 3)

    assert "/z" in said.stdout
    assert said.stderr == (
        "refused by /b: s3://b refuses the key (ACCESS_DENIED): not all files there are listed; "
        "avio stat PATH says what to do\n"
    )


def test_directories_of_unknown_state_are_named_with_the_command_that_says_why(avio: Avio, stub: Stub) -> None:
    names = [f"/m{number}" for number in range(7)]
    rows = [entry_info(name, kind="directory", state="unknown", cachedBytes=None) for name in names]
    stub.on("GET", "/list", entry_page(*rows) | {"unanswered": ["/m0"]})

    said = avio("ls /", 0).stderr.splitlines()

    assert said == [
        "no answer from /m0: the files there are not listed; try again later",
        "state unknown: /m1, /m2, /m3, /m4, /m5 and 1 more; avio stat PATH shows it, or says why not",
    ]


@pytest.mark.parametrize(
    ("option", "asked", "advice"),
    [("", None, "--sums counts for longer"), ("--sums", ["true"], "avio stat PATH counts one")],
)
def test_directories_that_are_not_counted_are_counted_on_request(
    avio: Avio, stub: Stub, option: str, asked: list[str] | None, advice: str
) -> None:
    rows = [{**DIRECTORY, "path": f"/data/d{number}", "state": "remote", "cachedBytes": 0} for number in range(2)]
    stub.on("GET", "/list", entry_page(*rows, entry_info()))

    result = avio(f"ls {option} /data", 0)

    assert result.stderr == f"2 directories not counted; {advice}\n"
    assert result.stdout.splitlines()[0] == "-\t?\tremote\t-\t-\t/data/d0/"
    assert stub.asked("GET", "/list")[0].query.get("sums") == asked
