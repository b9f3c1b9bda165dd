"""Whole preloads and saves of a directory, and what stands in for the first calls of something that then is as ever."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.base import Moved, Side
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt


def preload(engine: AlluxioEngine, path: str) -> list[Moved]:
    """Preload what is below `path`."""
    return list(engine.preload(engine.walk(path, depth=None, side=Side.BUCKET), Params(), Attempt()))


def save(engine: AlluxioEngine, path: str) -> list[Moved]:
    """Save what is below `path`."""
    return list(engine.save(engine.walk(path, depth=None, side=Side.SAVE), Params(), Attempt()))


def at_first(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, times: int, instead: Callable[..., Any]
) -> "itertools.count[int]":
    """Have `instead`, which gets the real method and its arguments, answer so many calls; return what counts them."""
    calls = itertools.count()
    real = getattr(owner, name)

    def call(self: object, *arguments: Any, **options: Any) -> Any:
        if next(calls) < times:
            return instead(real, self, *arguments, **options)
        return real(self, *arguments, **options)

    monkeypatch.setattr(owner, name, call)
    return calls
