"""The fault points that are listed, those in the code and those in the docs are the same, each in one place a way."""

import ast
from collections import Counter
from pathlib import Path

from avio.faults import POINTS
from tests.house.test_docs import ARCHITECTURE, rows

ROOT = Path(__file__).resolve().parents[2]


# A file gets into its tier in one pass with others, or alone: both ways pass these.
TWICE = {point for point in POINTS if point.startswith(("download.", "scratch."))}


def passed_in(file: Path) -> list[str]:
    """Return the points that a module passes; `fault` is a name of other things in modules that don't import it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imported = any(isinstance(node, ast.ImportFrom) and node.module == "avio.faults" for node in ast.walk(tree))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fault"
    ]
    return [ast.literal_eval(call.args[0]) for call in calls] if imported else []


def test_each_listed_point_is_passed_in_one_place_and_no_other_is() -> None:
    files = [file for room in ("avio", "supervisor") for file in (ROOT / room).rglob("*.py")]

    assert Counter(point for file in files for point in passed_in(file)) == Counter([*POINTS, *TWICE])


def test_the_docs_list_each_point_with_what_is_the_case_there() -> None:
    assert [tuple(row) for row in rows(ARCHITECTURE, "point")] == list(POINTS.items())
