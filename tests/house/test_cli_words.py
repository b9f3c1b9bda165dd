"""No message of the server reaches a user of the CLI with words of the API: each is translated by `in_cli_words`.

The check goes over the cures of all reasons, and over every sentence in the code of the server.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.api import requests, responses
from avio.commands import COMMANDS, main
from avio.commands.wording import in_cli_words
from avio.wire.options import camel
from avio.wire.params import OPTIONS
from tests.house.test_messages import classes_by_reason
from tests.unit.commands.test_help import commands

ROOT = Path(__file__).resolve().parents[2]

# Where messages of the server are written. The shapes of the API are described elsewhere, in its own words.
SERVER = ("errors.py", "api", "db", "engines", "executor", "isolation", "rules", "wire")
NO_MESSAGES = {"requests.py", "request_fields.py", "responses.py", "master_pb2.py", "params.py"}

# What a user of the CLI can't cause: routes that it never asks for so, or requests that it never sends.
NOT_BY_CLI = {
    "The path: /path or alluxio://host:port/path; ignored with fromFileList.",
    "`QBox <authToken of POST /login>`",
    "has no effect on a job; remove it, or the header Prefer",
    "the request is invalid: cachedOnly",
    "the request is invalid: pageToken",
}


def members() -> set[str]:
    """Return every JSON name of the API that is no plain word."""
    shapes = [each for module in (requests, responses) for each in vars(module).values() if isinstance(each, type)]
    names = {camel(name) for shape in shapes for name in getattr(shape, "model_fields", {})}
    return {name for name in names | set(map(camel, OPTIONS)) if not name.islower()}


PLAIN = {camel(name) for name in OPTIONS if camel(name).islower()} | {"recursive", "wait", "prefer"}
API_WORDS = re.compile(
    rf"\b({'|'.join(sorted(members()))})\b|\b(GET|POST|PUT|DELETE|PATCH) /|Prefer\b|openapi|errors\[\]|\bparams\."
)

# A member that is a plain word too must have its value beside it, or it could not be told from the word.
UNMARKED = re.compile(rf"\b(set|unset|add|without) ({'|'.join(sorted(PLAIN))})\b(?!=)")


def sentences(file: Path) -> Iterator[str]:
    """Yield the texts with blanks in a file, without docstrings; what an f-string fills in is left empty."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            skipped.add(node.body[0].value)  # type: ignore[attr-defined]
        if isinstance(node, ast.JoinedStr):
            skipped.update(node.values)
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skipped:
            yield node.value


def server_files() -> Iterator[Path]:
    """Yield the files of the server that write messages."""
    for part in SERVER:
        path = ROOT / "avio" / part
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            if file.name not in NO_MESSAGES or file.parent.name == "wire":
                yield file


def api_words(text: str) -> list[str]:
    """Return the words of the API that a user of the CLI would read."""
    shown = in_cli_words(text)
    return [found[0] for pattern in (API_WORDS, UNMARKED) for found in pattern.finditer(shown)]


@pytest.mark.parametrize("reason", sorted(classes_by_reason()))
def test_the_cure_of_a_reason_has_no_word_of_the_api(reason: str) -> None:
    assert api_words(classes_by_reason()[reason].cure) == []


@pytest.mark.parametrize("file", sorted(server_files()), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_sentence_of_the_server_has_a_word_of_the_api(file: Path) -> None:
    texts = (text for text in sentences(file) if " " in text and text not in NOT_BY_CLI)
    assert {text: words for text in texts if (words := api_words(text))} == {}


def test_every_exception_is_a_sentence_of_the_server() -> None:
    assert {text for file in server_files() for text in sentences(file)} >= NOT_BY_CLI


def test_the_help_of_the_cli_has_no_word_of_the_api() -> None:
    assert COMMANDS
    for name, command in commands(main):
        text = " ".join([command.help or "", *(getattr(each, "help", None) or "" for each in command.params)])
        assert [found[0] for found in API_WORDS.finditer(text)] == [], name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("set ifVersion to the version", ["ifVersion"]),
        ("see GET /jobs/ID", ["GET /"]),
        ("set spread to let its files go elsewhere", ["set spread"]),
        ("use spread=true, or ifFull=partial", []),
        ("the depth of the tree", []),
    ],
)
def test_planted_words_are_found(text: str, words: list[str]) -> None:
    assert api_words(text) == words
