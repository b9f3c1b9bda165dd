"""What is in every file: a docstring that says what it is, no room for odds and ends, nothing of one machine."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

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
