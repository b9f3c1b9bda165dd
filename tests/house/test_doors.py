"""app.py and cli.py are doors: a few imports and one call, imported by nobody."""

import ast
from pathlib import Path

import pytest

import supervisor

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("door", ["app.py", "cli.py"])
def test_a_door_is_ten_lines_of_imports_and_one_call(door: str) -> None:
    text = (ROOT / door).read_text()
    docstring, *statements = ast.parse(text).body
    last = statements.pop()

    assert len(text.splitlines()) <= 10
    assert isinstance(docstring, ast.Expr)
    assert all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in statements)
    assert isinstance(last, ast.Expr | ast.Assign)
    assert isinstance(last.value, ast.Call)


def test_supervisor_is_ours_and_not_the_package_of_that_name_on_pypi() -> None:
    assert supervisor.__file__ is not None
    assert Path(supervisor.__file__).is_relative_to(ROOT)
