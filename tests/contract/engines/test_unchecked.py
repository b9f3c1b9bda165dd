"""A file that fails its check after all tries concerns no other file; an error of the whole store does."""

from collections.abc import Callable
from typing import Any

import pytest

from avio.engines import retry
from avio.engines.base import Entry
from avio.engines.local.buckets.objects import ObjectsBucket
from avio.engines.local.errors import Replaced
from avio.engines.local.tiers import Tiers
from avio.errors import AccessDenied, BadReply, Corrupt, EngineAway, EngineError, SourceChanged
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt, OnDisk

pytestmark = pytest.mark.parametrize("local_side", ["objects"], indirect=True)

NAMES = ["/data/a", "/data/b", "/data/c"]
MIDDLE = NAMES[1]


@pytest.fixture
def entries(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> list[Entry]:
    monkeypatch.setattr(retry, "ENTRY_BACKOFF_SECONDS", 0.001)
    for name in NAMES:
        local.put_bucket(name, name.encode())
    return [moved.entry for moved in local.preload(verify="checksum").values()]


def failing(call: Callable[..., Any], is_meant: Callable[..., bool], error: Exception, times: int = 99) -> Any:
    left = [error] * times

    def refused(*args: Any, **how: Any) -> Any:
        if left and is_meant(*args):
            raise left.pop()
        return call(*args, **how)

    return refused


@pytest.mark.parametrize("error", [Corrupt("a"), SourceChanged("b"), BadReply("c"), AccessDenied("d")])
def test_its_error_is_told_and_the_others_are_checked(
    local: OnDisk, entries: list[Entry], monkeypatch: pytest.MonkeyPatch, error: EngineError
) -> None:
    same = failing(ObjectsBucket.same, lambda _, source, *__: source.key == "b", error)
    monkeypatch.setattr(ObjectsBucket, "same", same)
    told: dict[str, EngineError] = {}
    found = local.recheck(entries, unchecked=told.__setitem__, verify="checksum")
    assert {path: entry.in_cache for path, entry in found.items()} == dict.fromkeys(NAMES, True) | {MIDDLE: False}
    assert told == {MIDDLE: error}


def test_a_file_of_a_tier_that_another_node_takes_away_is_looked_at_again(
    local: OnDisk, entries: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = failing(Tiers.copies, lambda _, path: path == MIDDLE, Replaced("stale"), times=1)
    monkeypatch.setattr(Tiers, "copies", copies)
    assert all(entry.in_cache for entry in local.recheck(entries).values())


def test_a_store_that_is_away_is_an_error_of_all(
    local: OnDisk, entries: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    same = failing(ObjectsBucket.same, lambda _, source, *__: source.key == "b", EngineAway("away"))
    monkeypatch.setattr(ObjectsBucket, "same", same)
    with pytest.raises(EngineAway):
        local.recheck(entries, verify="checksum")


def test_who_does_not_ask_for_errors_gets_the_first(
    local: OnDisk, entries: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    same = failing(ObjectsBucket.same, lambda _, source, *__: source.key == "b", Corrupt("damaged"))
    monkeypatch.setattr(ObjectsBucket, "same", same)
    with pytest.raises(Corrupt):
        list(local.engine.recheck(entries, Params(verify="checksum"), Attempt()))
