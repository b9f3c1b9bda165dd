"""What a mutation is: a guard, where it stands, what takes its place, and the tests that must notice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """`changes` are pairs: a text that `file` has exactly once, what takes its place. `tests` are words for pytest."""

    guard: str
    file: str
    changes: tuple[tuple[str, str], ...]
    tests: tuple[str, ...]


def mutant(guard: str, file: str, *changes: tuple[str, str], tests: str) -> Mutant:
    """Return a Mutant; `tests` is one command line."""
    return Mutant(guard, file, changes, tuple(tests.split()))
