"""Every reason that a user can see has its row in docs/api.md, with the status and the cure of the code."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import avio
import supervisor
from avio.api.sockets.refusals import REASONS
from avio.errors import AvioError
from tests.house.test_docs import rows

ROOT = Path(__file__).resolve().parents[2]
API = (ROOT / "docs/api.md").read_text(encoding="utf-8")

# Files that write a reason as a text, without an error class.
WRITERS = ("avio/db/ends.py", "avio/executor/*.py", "supervisor/intake/*.py")

# werkzeug's errors, whose reason is the name of their status, and what the worker of web refuses.
OF_HTTP = {
    "METHOD_NOT_ALLOWED": ("405", "see the Allow header"),
    "UNSUPPORTED_MEDIA_TYPE": ("415", "-"),
    **{reason: (str(status), cure) for status, (reason, cure) in REASONS.items() if status in (414, 417, 431, 501)},
}

# Reasons that a job can end with, and no error class has.
OF_JOBS = {"CRASHED", "NODES_LOST"}

# Reasons of warnings of a plan that no error has.
OF_PLANS = {"ARCHIVED", "GIVES_WAY", "MANY_SMALL_FILES", "ROOM_UNKNOWN"}


def error_classes() -> Iterator[type[AvioError]]:
    """Yield every error class of both packages, a base before its subclasses."""
    for package in (avio, supervisor):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(("__main__", "gunicorn_config")):
                importlib.import_module(module.name)
    waiting = [AvioError]
    while waiting:
        found = waiting.pop(0)
        yield found
        waiting += found.__subclasses__()


def classes_by_reason() -> dict[str, type[AvioError]]:
    """Return the first class of each reason: the one that declares it."""
    found: dict[str, type[AvioError]] = {}
    for each in error_classes():
        if each.__module__.partition(".")[0] in ("avio", "supervisor"):
            found.setdefault(each.reason, each)
    return found


CLASSES = classes_by_reason()


def written_reasons() -> set[str]:
    """Return the texts in capitals in the files that write reasons."""
    texts: set[str] = set()
    for pattern in WRITERS:
        for file in ROOT.glob(pattern):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
            texts |= {value for value in constants if isinstance(value, str)}
    return {text for text in texts if re.fullmatch(r"[A-Z]{4,}(_[A-Z]+)*", text)}


DOCUMENTED = {row[0]: row[1:] for row in rows(API, "reason")}


def test_the_reasons_of_the_code_and_of_the_docs_are_the_same() -> None:
    assert CLASSES.keys() | written_reasons() | OF_HTTP.keys() == DOCUMENTED.keys()


def test_only_known_reasons_are_written_without_a_class() -> None:
    assert written_reasons() - CLASSES.keys() == OF_JOBS | OF_PLANS


@pytest.mark.parametrize("reason", CLASSES)
def test_a_row_has_the_status_and_the_cure_of_the_code(reason: str) -> None:
    status, meaning, cure = DOCUMENTED[reason]

    assert status in ("-", str(CLASSES[reason].status))
    assert cure == (CLASSES[reason].cure or "-")
    assert len(meaning) > 10


@pytest.mark.parametrize("reason", OF_HTTP)
def test_a_row_of_http_has_the_status_and_the_cure_of_the_code(reason: str) -> None:
    status, meaning, cure = DOCUMENTED[reason]

    assert (status, cure) == OF_HTTP[reason]
    assert meaning


def test_a_cure_begins_in_lower_case_without_a_final_dot() -> None:
    cures = {each.cure for each in error_classes()} - {""}

    assert {cure for cure in cures if cure[0].isupper() or cure.endswith(".")} == set()
