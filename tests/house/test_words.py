"""What is in every file: a docstring that says what it is, no room for odds and ends, nothing of one machine."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.house.prose import refusals

ROOT = Path(__file__).resolve().parents[2]

ODDS_AND_ENDS = {"utils", "util", "helpers", "helper", "common", "misc", "mixins"}

# Homes and work trees of somebody's machine, and hosts that packages come from.
MACHINE = re.compile(
    r"(?<![\w.])/(?:home|Users)/\w+/|(?<![\w.])/(?:root|work|mnt)/\w"
    r"|(?:files\.pythonhosted|pypi|registry\.npmjs|proxy\.golang|crates)\.(?:org|io)\b"
)


@cache
def files() -> list[Path]:
    """Return the files that git tracks or would track."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def modules() -> list[Path]:
    """Return our Python files."""
    return [path for path in files() if path.suffix == ".py"]


def test_every_module_opens_with_a_docstring_of_one_to_four_lines() -> None:
    wrong = []
    for path in modules():
        docstring = ast.get_docstring(ast.parse(path.read_text()))
        if docstring is None or len([line for line in docstring.splitlines() if line]) > 4:
            wrong.append(str(path.relative_to(ROOT)))

    assert wrong == []


def test_no_module_is_a_room_for_odds_and_ends() -> None:
    assert [path for path in modules() if path.stem in ODDS_AND_ENDS] == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = []
    for path in files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in MACHINE.finditer(text)]

    assert found == []


def test_no_module_is_longer_than_a_person_reads_in_one_go() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in modules()}

    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}


# Code, schema and documents, whose words readers and users see. Words of a test may quote what it is about.
READ_ROOMS = ("avio/", "supervisor/", "docs/")
READ_FILES = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "schema.sql", "Makefile", "app.py", "cli.py"}

PLANTED = [
    "the settings don't hold",
    "the order does not hold",
    "there is no such page",
    "this page has no such method",
    "Redis is away",
    "a database that\n    # was away",
    "server or store away",
    "Wish the end of a job",
    "a second wish is no error",
    "where a copy lies is let be",
    "what is none is acknowledged, or it would come back for ever",
    "Return what there is to say of what stands behind the engine",
    "isolation is strict, and cgroup is not to be had",
    "neither skipped nor unspeakable",
    "The mouth of an attempt",
    "everything under one roof",
    "return the source of which that was",
    "Tell whether it is so",
    "the way round where gRPC is closed",
    "Knock at a worker's door",
]


def test_texts_that_readers_see_have_plain_words() -> None:
    found = {}
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        if (name.startswith(READ_ROOMS) and path.suffix in (".py", ".md", ".sql")) or name in READ_FILES:
            found[name] = refusals(path.read_text(encoding="utf-8"))

    assert len(found) > 300
    assert {name: phrases for name, phrases in found.items() if phrases} == {}


@pytest.mark.parametrize("phrase", PLANTED)
def test_a_planted_phrase_is_refused(phrase: str) -> None:
    assert refusals(f"def f():\n    # Before. {phrase}, after.\n")


def test_plain_words_are_not_refused() -> None:
    assert refusals("The tiers don't hold the file. Redis is unavailable. if there is none, throw it away") == []
