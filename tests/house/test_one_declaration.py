"""An option is declared once, and so is a counter: all else derives from that, and the docs say the same.

The examples of docs/examples prove it: they are applied to a copy, and few files of the product change.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest

from avio.wire.options import Option, camel
from avio.wire.params import Params
from avio.wire.states import JobType
from tests.house.test_words import files

ROOT = Path(__file__).resolve().parents[2]
OPTION, COUNTER = (ROOT / "docs/examples" / f"new-{name}.patch" for name in ("option", "counter"))
PRODUCT = ("avio/", "supervisor/", "schema.sql")

# What the two examples change in the shapes of the API and in a new database.
COUNTED = """
from avio.api.responses import ProgressInfo
from avio.db import orders, schema, users
from avio.db.connection import borrow, open_database
from avio.api.serializers import progress_info

assert ProgressInfo.model_fields["files_empty"].alias == "filesEmpty"
open_database("sqlite:///new.db", connections=1)
with borrow():
    schema.prepare()
    assert schema.differences() == []
    users.create("ada", "hash", admin=False)
    job, _ = orders.insert(orders.NewJob(1, "load", 1, "{}"))
    assert progress_info(job.counters, complete=False, speed_bps=0)["filesEmpty"] == 0
"""
ASKED = """
from avio.api.requests import JobParams

assert JobParams.model_validate({"alluxioUri": "/a", "note": "x"}).to_wire().note == "x"
assert JobParams.model_json_schema()["properties"]["note"]["anyOf"][0]["pattern"]
"""


def documented(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the table whose first column is called `heading`, as they are written."""
    table = text.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def row(member: "Field[Any]") -> list[str]:
    """Return what docs/api.md says of an option."""
    rule: Option = member.metadata["option"]
    verbs = "all" if rule.verbs == set(JobType) else ", ".join(verb.name.lower() for verb in sorted(rule.verbs))
    choices = ("false", "true") if member.default is False else rule.choices
    words = [f"`{word}`" + " (default)" * (word == str(member.default).lower()) for word in choices]
    return [f"`{camel(member.name)}`", verbs, " or ".join(words) or rule.values, rule.description]


def test_the_docs_list_the_options_as_they_are_declared() -> None:
    api = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    assert documented(api, "member of params") == [row(member) for member in fields(Params)]


def git_apply(patch: Path, *options: str, where: Path = ROOT) -> str:
    """Apply a patch to `where`, or what `options` make of that; return what git says."""
    command = ["git", "apply", *options, str(patch)]
    environment = os.environ | {"GIT_CEILING_DIRECTORIES": str(where.parent)}
    run = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 0, f"{patch.name} has to be made anew: {run.stderr}"
    return run.stdout


def python(where: Path, *arguments: str) -> str:
    """Run Python with the code of `where`; return its output."""
    command = [sys.executable, *arguments]
    environment = os.environ | {"PYTHONPATH": str(where)}
    run = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of our files."""
    for file in files():
        target = tmp_path / "tree" / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return tmp_path / "tree"


@pytest.mark.parametrize(
    ("patch", "touched"),
    [
        (OPTION, {"avio/wire/params.py", "avio/executor/run.py"}),
        (COUNTER, {"avio/wire/progress.py", "avio/executor/attempt.py", "schema.sql"}),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_an_option_takes_two_files_of_the_product_and_a_counter_three(patch: Path, touched: set[str]) -> None:
    git_apply(patch, "--check")
    names = [line.split("\t")[2] for line in git_apply(patch, "--numstat").splitlines()]
    assert {name for name in names if name.startswith(PRODUCT)} == touched
    assert any(name.startswith("tests/") for name in names)


def test_a_new_option_is_known_to_the_command_the_api_and_the_docs(tree: Path) -> None:
    git_apply(OPTION, where=tree)

    assert "--note TEXT" in python(tree, "-m", "avio.commands", "preload", "--help")
    python(tree, "-c", ASKED)
    tests = [
        f"tests/{name}.py"
        for name in ("unit/executor/test_note", "unit/commands/test_help", "house/test_one_declaration")
    ]
    python(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "note or docs_have or docs_list", *tests)


def test_a_new_counter_is_known_to_the_database_and_the_api(tree: Path) -> None:
    git_apply(COUNTER, where=tree)

    python(tree, "-c", COUNTED)
    python(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/executor/test_empty_files.py")


def test_an_option_is_named_where_it_is_declared_and_where_it_acts() -> None:
    named = set()
    for file in files():
        name = str(file.relative_to(ROOT))
        if name.startswith(PRODUCT) and any(word in file.read_text("utf-8") for word in ("on_conflict", "onConflict")):
            named.add(name)
    declared = {"avio/wire/options.py", "avio/wire/params.py", "avio/wire/members.py"}
    assert named == {*declared, "avio/engines/overwrite.py"}
