"""A cached file that was changed in place, with its mtime set back, is not taken for the bucket's."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.engines.local import recognition, stamps
from avio.engines.local.tiers import TierDirectory
from avio.engines.local.transfer import download
from avio.errors import Unsaved
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness, OnDisk, outcomes
from tests.processes import wait_until

DONE, SKIPPED, KEPT, FAILED = Outcome.DONE, Outcome.SKIPPED, Outcome.KEPT, Outcome.FAILED
LATER_SECONDS = 0.05  # more than what a stamp covers


def edit(file: Path, content: bytes) -> None:
    """Write in place, and set the mtime back, as `touch -r` does."""
    time.sleep(LATER_SECONDS)
    before = file.stat()
    with open(file, "r+b") as stream:
        stream.write(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size


def cached(local: OnDisk, content: bytes = b"epoch 100") -> Path:
    local.put_bucket("/data/f", content)
    local.preload()
    return local.tiers[0] / "data/f"


@pytest.mark.parametrize("given", ["loaded", "saved"])
def test_it_is_saved(local: OnDisk, given: str) -> None:
    if given == "loaded":
        cached(local)
    else:
        local.put_cache("/data/f", b"epoch 100")
        local.save()
    edit(local.tiers[0] / "data/f", b"epoch 200")

    assert local.engine.stat("/data/f").state is EntryState.DIRTY
    assert outcomes(local.save()) == {"/data/f": DONE}
    assert local.read_bucket("/data/f") == b"epoch 200"
    assert local.engine.stat("/data/f").state is EntryState.CACHED
    assert outcomes(local.save()) == {"/data/f": SKIPPED}


@pytest.mark.parametrize("path", ["/data/f", "/data"])
def test_it_is_not_freed(local: OnDisk, path: str) -> None:
    edit(cached(local), b"epoch 200")

    with pytest.raises(Unsaved):
        local.engine.free(path, recursive=True)
    with pytest.raises(Unsaved):
        list(local.engine.drop(path))

    assert local.read_cache("/data/f") == b"epoch 200"


def test_a_preload_of_a_newer_object_keeps_it(local: OnDisk) -> None:
    edit(cached(local), b"epoch 200")
    local.put_bucket("/data/f", b"somebody's")

    assert outcomes(local.preload()) == {"/data/f": KEPT}
    assert local.read_cache("/data/f") == b"epoch 200"


def test_it_outlives_its_object(local: OnDisk) -> None:
    edit(cached(local), b"epoch 200")
    local.drop_bucket("/data/f")

    with pytest.raises(Unsaved):
        local.engine.free("/data/f", recursive=False)
    if isinstance(local, FilesHarness):  # no digest tells whether only mode or links changed: a person must
        assert outcomes(local.save()) == {"/data/f": FAILED}
    assert outcomes(local.save(on_conflict="overwrite")) == {"/data/f": DONE}
    assert local.read_bucket("/data/f") == b"epoch 200"


def test_a_copy_on_another_tier_does_not_go_for_it(local: OnDisk) -> None:
    edit(cached(local), b"epoch 200")

    assert outcomes(local.preload(tier="SSD")) == {"/data/f": KEPT}
    assert local.read_cache("/data/f") == b"epoch 200"


def link(file: Path) -> None:
    os.link(file, file.with_name("g"))


TOUCHES = pytest.mark.parametrize(
    "touch",
    [lambda file: file.chmod(0o600), lambda file: os.chown(file, -1, os.getgid()), link],
    ids=["mode", "owner", "link"],
)


@TOUCHES
def test_a_file_of_which_only_mode_owner_or_names_changed_stays_clean(
    local: OnDisk, touch: Callable[[Path], None]
) -> None:
    file = cached(local)
    time.sleep(LATER_SECONDS)
    touch(file)

    assert local.engine.stat("/data/f").state is EntryState.CACHED
    assert outcomes(local.preload())["/data/f"] is SKIPPED
    assert local.save()["/data/f"].outcome is SKIPPED
    assert local.engine.free("/data/f", recursive=False).files == 1


@TOUCHES
def test_its_bytes_are_compared_once(
    local: OnDisk, touch: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = cached(local)
    time.sleep(LATER_SECONDS)
    touch(file)
    local.save()
    compared, same = [], recognition._same
    monkeypatch.setattr(recognition, "_same", lambda *given: compared.append(given) or same(*given))

    def compares_nothing() -> bool:
        compared.clear()
        run = Attempt()
        assert local.save(run=run)["/data/f"].outcome is SKIPPED
        return not compared and run.read_back == 0

    # On a busy machine the mark itself may come too late to count, and is then made once more.
    wait_until(compares_nothing, 2, "a save compares nothing")


def test_a_large_file_is_compared_by_jobs_alone(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "TASK_BYTES", 4)
    file = cached(local)
    time.sleep(LATER_SECONDS)
    file.chmod(0o600)

    assert local.engine.stat("/data/f").state is EntryState.DIRTY
    with pytest.raises(Unsaved):
        local.engine.free("/data/f", recursive=False)
    entry = replace(local.engine.stat("/data/f"), token=None)
    assert local.recheck([entry])["/data/f"].state is EntryState.CACHED
    assert local.engine.free("/data/f", recursive=False).files == 1


def test_a_large_file_that_is_gone_from_the_bucket_is_freed_once_a_job_has_compared_it(
    local: OnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(local, FilesHarness):
        pytest.skip("no digest tells what such a bucket had")
    monkeypatch.setattr(recognition, "TASK_BYTES", 4)
    file = cached(local)
    time.sleep(LATER_SECONDS)
    file.chmod(0o600)
    local.drop_bucket("/data/f")
    entry = replace(local.engine.stat("/data/f"), token=None)

    assert not entry.may_go
    assert local.recheck([entry])["/data/f"].may_go
    assert [each.path for each in local.engine.drop("/data/f")] == ["/data/f"]


def test_a_saved_file_that_this_user_may_not_read_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = FilesHarness(tmp_path)
    cached(world)

    def refused(_: TierDirectory, path: str) -> int:
        raise PermissionError(path)

    monkeypatch.setattr(TierDirectory, "_open", refused)
    assert outcomes(world.save()) == {"/data/f": SKIPPED}


def test_a_load_and_a_listing_read_no_file_twice(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (stamps, download):  # this machine may be busy
        monkeypatch.setattr(room, "OWN_NS", 1_000_000_000)
    local.put_all(f"/data/{number}" for number in range(50))
    local.preload()
    monkeypatch.setattr(recognition, "_same", lambda *_: pytest.fail("compared"))

    assert set(outcomes(local.preload()).values()) == {SKIPPED}
    assert set(outcomes(local.save()).values()) == {SKIPPED}
    assert local.engine.free("/data", recursive=True).files == 50
