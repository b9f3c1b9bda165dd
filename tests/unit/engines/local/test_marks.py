"""What is unknown of a copy is an error: it never counts as a copy without a stamp, which may be freed or saved."""

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from avio.engines.local.buckets.base import Source
from avio.engines.local.freshness import Freshness
from avio.engines.local.stamps import ObjectName, Stamp, write_stamp
from avio.engines.local.tiers import Copy, TierDirectory, judged
from avio.engines.local.transfer import request_flow
from avio.engines.local.transfer.adaptive_width import MOST
from avio.engines.local.transfer.request_flow import RequestFlow
from avio.errors import EngineAway, NodeFault, Scope
from tests.contract.engines.harness import Attempt

NAME = ObjectName("s3://b/d/x")
SECOND = 10**9


class Cached:
    """A stamped copy in a tier, and how it is judged."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "data" / "x"
        self.file.parent.mkdir()
        self.file.write_bytes(b"old bytes!")
        self._first = self.file.stat()
        with self.file.open("rb+") as file:
            stamp = Stamp(10, self._first.st_mtime_ns, "e1", self._first.st_mtime_ns, seen_ns=self._first.st_ctime_ns)
            assert write_stamp(file.fileno(), NAME, stamp)
        self._tier = TierDirectory("MEM", str(directory), 1 << 30)
        assert self.against("e1") is Freshness.CACHED  # opens the tier

    def against(self, etag: str | None, seconds: int = 0) -> Freshness:
        status = self.file.stat()
        copy = Copy(self._tier, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        source = None if etag is None else Source("x", 10, self._first.st_mtime_ns + seconds * SECOND, etag)
        return judged("/data/x", NAME, source, copy, strict=True)


@pytest.fixture
def cached(tmp_path: Path) -> Cached:
    return Cached(tmp_path)


@contextmanager
def without_open_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(("etag", "seconds"), [(None, 0), ("e2", 5), ("e1", 0)])
def test_without_open_files_a_copy_is_not_judged(cached: Cached, etag: str | None, seconds: int) -> None:
    with without_open_files(), pytest.raises(EngineAway, match="no open files left") as caught:
        cached.against(etag, seconds)
    assert caught.value.scope is Scope.RETRY
    assert cached.against(etag, seconds) in (Freshness.GONE, Freshness.STALE, Freshness.CACHED)


@pytest.mark.parametrize("call", ["listxattr", "getxattr"])
@pytest.mark.parametrize("number", [errno.EIO, errno.EUCLEAN])
def test_a_copy_whose_marks_the_disk_does_not_give_is_not_judged(
    cached: Cached, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(NodeFault, match="tier MEM: /data/x"):
        cached.against("e1")


def test_a_symlink_that_can_not_be_looked_at_does_not_lead_elsewhere(cached: Cached, tmp_path: Path) -> None:
    (tmp_path / "data" / "link").symlink_to("x")
    root = TierDirectory("MEM", str(tmp_path), 1 << 30).root
    assert root.target("data/link") is not None
    with without_open_files():
        for look in (root.target, root.real_name):
            with pytest.raises(OSError, match="Too many open files"):
                look("data/link")


@pytest.mark.parametrize(("open_files", "most"), [(256, 64), (4 * MOST, MOST)])
def test_connections_leave_open_files_for_all_else(monkeypatch: pytest.MonkeyPatch, open_files: int, most: int) -> None:
    now = [0.0]
    monkeypatch.setattr(request_flow.time, "monotonic", lambda: now[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, hard))
    try:
        flow = RequestFlow(Attempt())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for _ in range(40):  # each request takes a fifth of a second, however many there are
        count = flow.free(0)
        for _ in range(count):
            flow.begin(1000)
        flow.filled()
        now[0] += 0.2
        for _ in range(count):
            flow.end(1000)
        flow.learn([1000] * count, 0, 0.0, 0.2)
    assert flow.most == most
