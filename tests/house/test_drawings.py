"""The drawing at the top of a big package is true: each file is on it once, and imports go down its lines.

A drawing is a comment: a line a floor, the names of files and folders with commas, two spaces, what they are for.
"""

import ast
import re
from functools import cache
from pathlib import Path

import grimp
import pytest

from tests.house.figures import import_graph

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [
    "avio/engines/alluxio",
    "avio/engines/local",
    "avio/engines/movers",
    "avio/api",
    "avio/executor",
    "avio/db",
    "avio/admin",
    "avio/gate",
    "supervisor",
]
LINES = 30

FLOOR = re.compile(r"#   ([a-z_]+(?:, [a-z_]+)*)(?:  +\S.*)?")


def drawing(package: str) -> list[str]:
    """Return the lines of the comment under the docstring of a package."""
    text = (ROOT / package / "__init__.py").read_text(encoding="utf-8")
    docstring = ast.parse(text).body[0]
    assert docstring.end_lineno is not None
    lines = text.splitlines()[docstring.end_lineno + 1 :]
    return lines[: next((place for place, line in enumerate(lines) if not line.startswith("#")), len(lines))]


def floors(package: str) -> list[list[str]]:
    """Return the names on each line of the drawing, top first."""
    return [match[1].split(", ") for line in drawing(package) if (match := FLOOR.fullmatch(line))]


@cache
def graph() -> grimp.ImportGraph:
    """Return which module of the product imports which."""
    return import_graph()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_drawing_names_each_file_and_folder_once(package: str) -> None:
    inside = [path for path in (ROOT / package).iterdir() if path.suffix == ".py" or path.is_dir()]
    names = sorted(path.stem for path in inside if path.name not in ("__init__.py", "__pycache__"))

    assert sorted(name for floor in floors(package) for name in floor) == names


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_down_the_drawing(package: str) -> None:
    level = {name: number for number, floor in enumerate(floors(package)) for name in floor}
    root = package.replace("/", ".") + "."
    modules = [module for module in graph().modules if module.startswith(root)]
    arrows = [
        (importer, imported)
        for importer in modules
        for imported in graph().find_modules_directly_imported_by(importer)
        if imported.startswith(root)
    ]

    def place(module: str) -> int:
        return level[module.removeprefix(root).partition(".")[0]]

    assert arrows
    assert [arrow for arrow in arrows if place(arrow[0]) > place(arrow[1])] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_drawing_is_taken_in_at_a_glance(package: str) -> None:
    assert 0 < len(drawing(package)) <= LINES
