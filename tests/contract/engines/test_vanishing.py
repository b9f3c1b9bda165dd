"""A cached file that goes, or becomes something else, between two looks at it: the other files are not affected."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from avio.engines.base import Entry, Side
from avio.engines.local.buckets.objects import ObjectsBucket
from avio.engines.local.tiers import TierDirectory
from avio.errors import AccessDenied
from avio.wire.results import Outcome
from tests.contract.engines.harness import OnDisk, outcomes

# The etag of an object is what makes a look read the copy.
pytestmark = pytest.mark.parametrize("local_side", ["objects"], indirect=True)

NAMES = ["/data/a", "/data/b", "/data/c"]
MIDDLE = NAMES[1]


def remove(file: Path) -> None:
    file.unlink()


def link(file: Path) -> None:
    file.unlink()
    file.symlink_to("elsewhere")


@pytest.fixture(params=[remove, link])
def vanishing(local: OnDisk, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Files with a version of their own on each side. After a call the middle one goes when it is opened next."""
    for name in NAMES:
        local.put_bucket(name, b"bucket")
        local.put_cache(name, b"cached")
    opened, going = TierDirectory.opened, [False]

    @contextmanager
    def open_late(tier: TierDirectory, path: str) -> Iterator[int]:
        file = local.tiers[0] / path[1:]
        if going[0] and path == MIDDLE and file.exists():
            request.param(file)
        with opened(tier, path) as fd:
            yield fd

    def begin() -> None:
        going[0] = True

    monkeypatch.setattr(TierDirectory, "opened", open_late)
    return begin


@pytest.mark.parametrize("side", [Side.CACHE, Side.SAVE, Side.BUCKET])
def test_a_walk_goes_on(local: OnDisk, vanishing: Callable[[], None], side: Side) -> None:
    vanishing()
    assert [entry.path for entry in local.engine.walk("/data", depth=None, side=side)] == NAMES


def test_a_check_after_a_save_goes_on(local: OnDisk, vanishing: Callable[[], None]) -> None:
    entries = list(local.engine.walk("/data", depth=None, side=Side.SAVE))
    vanishing()
    found = local.recheck(entries)
    assert sorted(found) == NAMES
    assert not found[MIDDLE].saved


def test_a_save_moves_the_others(local: OnDisk, vanishing: Callable[[], None]) -> None:
    vanishing()
    moved = outcomes(local.save(on_conflict="overwrite"))
    assert moved == dict.fromkeys(NAMES, Outcome.DONE) | {MIDDLE: Outcome.FAILED}


def test_what_is_gone_before_a_free_removes_it_is_freed(local: OnDisk, vanishing: Callable[[], None]) -> None:
    for name in NAMES:
        local.put_bucket(name, b"cached")
    assert all(entry.may_go for entry in local.engine.walk("/data", depth=None, side=Side.CACHE))
    vanishing()
    dropped = {entry.path for entry in local.engine.drop("/data")}
    assert dropped >= {NAMES[0], NAMES[2]}


def test_an_object_that_may_not_be_looked_at_fails_its_check_alone(
    local: OnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        local.put_cache(name, b"cached")
    entries: list[Entry] = list(local.engine.walk("/data", depth=None, side=Side.SAVE))
    local.save()
    head = ObjectsBucket.head

    def refuse(bucket: ObjectsBucket, key: str) -> object:
        if key == "b":
            raise AccessDenied("no")
        return head(bucket, key)

    monkeypatch.setattr(ObjectsBucket, "head", refuse)
    found = local.recheck(entries)
    assert {path: bool(entry.saved) for path, entry in found.items()} == dict.fromkeys(NAMES, True) | {MIDDLE: False}
