"""Claims on files: who has one, what frees them, and what becomes of a job where there are none."""

import errno
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from avio.engines.local import claims as claims_module
from avio.engines.local import owner_watch
from avio.engines.local.claims import Claims, spot_of
from avio.engines.local.owner_watch import OwnerWatch
from avio.engines.local.scratch import sweep
from avio.engines.local.tiers import TierDirectory, Tiers


def tiers_in(directory: Path) -> Tiers:
    """Return the tiers as a process of its own has them."""
    return Tiers([TierDirectory(alias, str(directory / alias), 1 << 20) for alias in ("SSD", "MEM")])


@contextmanager
def claims_of(directory: Path, name: str) -> Iterator[Claims]:
    found = Claims(tiers_in(directory), name)
    yield found
    found.close()


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Claims]:
    with claims_of(tmp_path, "01OURS.1") as found:
        yield found


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Claims]:
    with claims_of(tmp_path, "01THEIRS.2") as found:
        yield found


def test_a_file_has_one_owner_until_it_is_released(ours: Claims, theirs: Claims) -> None:
    assert theirs.take("/data/a")
    assert theirs.take("/data/a")  # it is theirs
    assert not ours.take("/data/a")
    assert ours.take("/data/b")
    assert not theirs.take("/data/b")
    theirs.release("/data/a")
    assert ours.take("/data/a")
    assert not theirs.take("/data/a")


def test_who_meets_a_claim_knows_whose_it_is(ours: Claims, theirs: Claims, tmp_path: Path) -> None:
    with claims_of(tmp_path, "01THIRD.1") as third:
        for number in range(40):  # on all of the files
            owner = theirs if number % 2 else third
            assert owner.take(f"/data/{number}")
        assert not ours.take("/data/0")
        assert [ours.owner(f"/data/{number}") for number in range(4)] == ["01THIRD.1", "01THEIRS.2"] * 2
    assert ours.owner("/data/0") is None
    assert ours.take("/data/0")
    assert ours.owner("/data/0") is None  # our own


def test_the_kernel_frees_the_claims_of_a_process_that_is_killed(ours: Claims, tmp_path: Path) -> None:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        with claims_of(tmp_path, "01DEAD.1") as theirs:
            os.write(write, b"%d" % theirs.take("/data/a"))
            signal.pause()
    assert os.read(read, 1) == b"1"
    assert not ours.take("/data/a")
    assert ours.owner("/data/a") == "01DEAD.1"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(read)
    os.close(write)
    assert ours.owner("/data/a") is None
    assert ours.take("/data/a")


def test_names_of_any_bytes_have_a_claim(ours: Claims, theirs: Claims) -> None:
    assert theirs.take("/data/\udcff")
    assert not ours.take("/data/\udcff")
    assert ours.take("/data/\udcfe")


def test_a_tier_that_was_emptied_has_new_claims(
    ours: Claims, theirs: Claims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert theirs.take("/data/a")
    shutil.rmtree(tmp_path / "MEM/.avio")
    monkeypatch.setattr(claims_module, "LOOK_SECONDS", 0)

    assert ours.take("/data/a")
    assert not theirs.take("/data/a")


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EROFS])
def test_where_there_are_no_locks_a_job_moves_for_itself(
    ours: Claims, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(claims_module, "lock", refuse)

    assert ours.take("/data/a")
    assert ours.take("/data/b")
    ours.release("/data/a")
    assert ours.owner("/data/a") is None
    assert [record.message for record in caplog.records] == [
        f"files that other jobs move are moved again: no claims on tier MEM: [Errno {code}] {os.strerror(code)}"
    ]


def test_the_sweep_leaves_the_claims(theirs: Claims, ours: Claims, tmp_path: Path) -> None:
    assert theirs.take("/data/a")
    for root in tiers_in(tmp_path).roots():
        sweep(root, lambda: ())
    assert (tmp_path / "MEM/.avio/claims.0").exists()
    assert not ours.take("/data/a")


def test_the_claims_of_a_process_are_far_apart() -> None:
    """A lock that touches another of the same process would become one with it, and tell a wrong owner."""
    spots = [spot_of(f"/data/{number}") for number in range(10_000)]
    assert all((byte - claims_module._FIRST) % claims_module._APART == 0 for _, byte in spots)
    assert claims_module._APART > claims_module.PLACES + 1
    assert max(byte for _, byte in spots) + claims_module.PLACES < 1 << 63
    assert {number for number, _ in spots} == set(range(len(claims_module.CLAIMS)))


def test_an_owner_is_stuck_if_no_file_of_it_comes_or_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(owner_watch.time, "monotonic", lambda: now[0])
    watch = OwnerWatch(tiers_in(tmp_path))
    scratch = tmp_path / "SSD/.avio/01THEIRS.2"
    scratch.mkdir(parents=True)
    file = scratch / "1"

    def stuck_after(seconds: float) -> bool:
        now[0] += seconds
        return watch.is_stuck("01THEIRS.2")

    assert not stuck_after(0)
    file.write_bytes(b"")
    assert not stuck_after(299)
    with open(file, "wb") as open_file:
        open_file.write(b"more")
    os.utime(file, ns=(1, 1))
    assert not stuck_after(299)
    assert not stuck_after(299)
    file.rename(tmp_path / "SSD/in place")
    assert not stuck_after(299)
    assert not stuck_after(299)
    assert stuck_after(1)
    assert not watch.is_stuck("01OTHER.1")


def test_a_look_finds_a_file_in_a_directory_that_another_job_has_made_since(tmp_path: Path) -> None:
    tiers = tiers_in(tmp_path)
    with tiers.holding():
        assert tiers.copies("/data/a") == []
        (tmp_path / "MEM/data").mkdir()
        (tmp_path / "MEM/data/a").write_bytes(b"1")
        assert len(tiers.copies("/data/a")) == 1


def test_locks_that_fail_later_are_no_reason_to_fail_either(ours: Claims, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    assert ours.take("/data/a")
    monkeypatch.setattr(claims_module, "lock", refuse)
    assert ours.take("/data/b")
    ours.release("/data/a")
