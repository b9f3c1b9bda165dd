"""The table of steps names code that exists, and tells a piece of code by its callers first."""

import ast
from functools import cache
from pathlib import Path

import pytest

from bench.data.step_table import CALLERS, INNERMOST, KNOWN, OTHER, STEPS, step_of

ROOT = Path(__file__).resolve().parents[3]


@cache
def functions(module: str) -> set[str]:
    found = set()
    for node in ast.parse((ROOT / module).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("place", [*CALLERS, *KNOWN, *INNERMOST])
def test_each_place_exists(place: str) -> None:
    module, _, function = place.partition(":")

    assert (ROOT / module).is_dir() if module.endswith("/") else (ROOT / module).is_file()
    assert not function or function in functions(module)


def test_each_step_has_code() -> None:
    assert {*CALLERS.values(), *KNOWN.values(), *INNERMOST.values()} == set(STEPS)


@pytest.mark.parametrize(
    ("stack", "step"),
    [
        (["executor/transfer.py:run", "engines/local/transfer/download.py:x", "engines/local/stamps.py:_put"], "stamp"),
        (["executor/transfer.py:run", "engines/local/transfer/download.py:Download._place"], "publish"),
        (["executor/verifier.py:run", "engines/local/stamps.py:_read"], "verify"),
        (["executor/lister.py:run", "engines/local/stamps.py:_read"], "plan"),
        (["executor/lister.py:run", "engines/local/buckets/s3_listing.py:x", "plain_file.py:y"], "list"),
        (["executor/transfer.py:run", "errors.py:x"], OTHER),
        (["executor/transfer.py:run", "engines/movers/pool.py:x"], "hand over"),
        (["errors.py:x", "executor/transfer.py:run"], "count"),
        ([], OTHER),
    ],
)
def test_a_stack_has_the_step_of_its_callers_or_of_its_innermost_known_code(stack: list[str], step: str) -> None:
    frames = [tuple(f"avio/{frame}".split(":")) for frame in stack]

    assert step_of(frames) == step  # type: ignore[arg-type]
