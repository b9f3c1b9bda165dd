"""The papers of the house are held against its code: settings, states, guards, events, tables, decisions."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from avio.config import Settings
from avio.config.alluxio import AlluxioSpec
from avio.wire import events
from avio.wire.states import MOVES, State

ROOT = Path(__file__).resolve().parent.parent.parent
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the table whose first column is called `heading`, without back quotes."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            break
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip().strip("`") for cell in line.strip("|").split(" | ")])
    return found


def test_operations_lists_every_setting_with_its_default_and_its_description() -> None:
    documented = {row[0]: row[1:] for row in rows(OPERATIONS, "name")}
    assert documented.keys() == Settings.model_fields.keys()
    for name, field in Settings.model_fields.items():
        assert documented[name][1] == field.description, name
        if name not in ("node", "mounts", "tiers"):
            assert documented[name][0] == str(field.default), name


def test_operations_lists_every_key_of_the_table_of_alluxio() -> None:
    documented = {row[0]: row[1:] for row in rows(OPERATIONS, "key")}
    assert documented == {
        name: [str(field.get_default(call_default_factory=True)), field.description]
        for name, field in AlluxioSpec.model_fields.items()
    }


def test_architecture_has_the_moves_of_the_code_and_no_others() -> None:
    documented = [((row[0], row[1]), row[2]) for row in rows(ARCHITECTURE, "from")]
    assert documented == [((origin.value, target.value), who) for (origin, target), who in MOVES.items()]


def test_architecture_says_how_many_states_there_are() -> None:
    assert len(State) == 8
    assert "A job is in one of eight states" in ARCHITECTURE


@pytest.mark.parametrize("row", rows(ARCHITECTURE, "guard"), ids=lambda row: row[0])
def test_a_documented_guard_is_a_function_that_names_it(row: list[str]) -> None:
    module, _, name = row[1].rpartition(".")
    function = getattr(import_module(module), name)
    for number in row[0].split(", "):
        assert re.search(rf"\b{number}\b", function.__doc__), f"{row[1]} does not say that it is {number}"


def test_every_guard_is_documented() -> None:
    documented = {number for row in rows(ARCHITECTURE, "guard") for number in row[0].split(", ")}
    assert documented == {f"T{number}" for number in range(1, 13)}


@pytest.mark.parametrize("row", rows(ARCHITECTURE, "crash"), ids=lambda row: row[0])
def test_each_crash_point_names_a_test_that_is_there(row: list[str]) -> None:
    place, _, test = row[-1].partition("::")
    file = ROOT / "tests" / {"T": "process", "E": "e2e"}[place[0]] / place[2:]
    assert f"def {test}(" in file.read_text(encoding="utf-8")


def test_architecture_names_every_event() -> None:
    sentence = re.search(r"Events are (.*?);", ARCHITECTURE)
    assert sentence is not None
    assert set(re.findall(r"`(\w+)`", sentence[1])) == set(events._KINDS)


def test_architecture_names_every_room() -> None:
    block = ARCHITECTURE.split("## The rooms", 1)[1].split("```")[1]
    rooms = {path.stem for path in (ROOT / "avio").iterdir() if path.name[0] not in "._" and path.suffix != ".typed"}
    assert {room for room in rooms if not re.search(rf"\b{room}\b", block)} == set()


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name.split("-")[0]) for path in (ROOT / "docs/why").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("row", rows(OPERATIONS, "what fails"), ids=lambda row: row[0])
def test_a_documented_fault_is_shown_by_tests_that_exist(row: list[str]) -> None:
    named = re.findall(r"([\w/]+\.py)::(\w+)", row[3])
    assert named, f"no test shows what happens when {row[0]}"
    for file, test in named:
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{file}::{test}"
