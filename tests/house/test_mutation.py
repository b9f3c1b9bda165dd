"""The list of guards that `make mutate-guards` takes out can't rot: each is still found, and so are its tests."""

from pathlib import Path

import pytest

from mutation.guards import MUTANTS
from mutation.mutant import Mutant

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.guard)
def test_a_guard_is_found_exactly_once_and_its_tests_are_there(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")

    assert [text.count(there) for there, _ in mutant.changes] == [1] * len(mutant.changes)
    assert all(there != instead for there, instead in mutant.changes)
    files = [word for word in mutant.tests if word.endswith(".py")]
    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_guards_are_told_apart_by_name() -> None:
    assert len({mutant.guard for mutant in MUTANTS}) == len(MUTANTS)
