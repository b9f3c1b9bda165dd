"""Errors that both engines raise with the same words.

Used in web and the job process. Pure.
"""

from collections.abc import Iterable

from avio.errors import CacheFull, EngineAway, PathNotFound, TooLarge, Unsupported

PATTERN_CHARACTERS = frozenset("*?[{")


def unknown_tier(alias: str | None, known: Iterable[str]) -> Unsupported:
    """Return the error for a requested tier that is not `known`. `alias` is None if any tier would do."""
    return Unsupported(
        f"unknown tier {alias!r}" if alias else "there is no tier",
        cure=f"tiers here: {', '.join(known) or 'none'}",
    )


def not_there(path: str) -> PathNotFound:
    """Return the error for a path that neither its bucket nor the cache has. A pattern gets told that it is a path."""
    cure = "a path is no pattern: name the directory; a preload or save chooses its files by params.filters"
    message = f"{path} is neither in its bucket nor in the cache"
    return PathNotFound(message, cure=cure if PATTERN_CHARACTERS.intersection(path) else None)


def too_many_files(path: str, limit: int) -> TooLarge:
    """Return the error for a directory with more files than one answer may count."""
    return TooLarge(f"{path} has more than {limit} files", cure="request a directory below it, or submit a job")


def too_many_cached(path: str, limit: int) -> TooLarge:
    """Return the error for a free of a directory with more cached files than one answer may drop."""
    return TooLarge(f"more than {limit} files are cached below {path}", cure="free the directories below it one by one")


def no_answer(mounts: Iterable[str]) -> EngineAway:
    """Return the error of a call that needs files of `mounts`, which do not answer."""
    return EngineAway(f"no answer from mount {', '.join(mounts)}")


def no_tier() -> CacheFull:
    """Return the error of a preload to workers without any capacity."""
    return CacheFull(
        "no worker has a tier with any capacity", cure="check the directories and sizes of the workers' tiers"
    )
