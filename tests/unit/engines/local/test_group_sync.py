"""One sync for several files, and what it reports."""

import ctypes
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.local.transfer import group_sync
from avio.engines.local.transfer.group_sync import FEW_FILES, sync


@pytest.fixture
def fds(tmp_path: Path) -> Iterator[list[int]]:
    opened = [os.open(tmp_path / f"{number}", os.O_RDWR | os.O_CREAT) for number in range(FEW_FILES + 1)]
    yield opened
    for fd in opened:
        os.close(fd)


class Calls:
    """The calls of fsync and syncfs; syncfs fails with `code`, if that is not 0."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, code: int = 0) -> None:
        self.fsyncs: list[int] = []
        self.syncfs_of: list[int] = []
        self._code = code
        monkeypatch.setattr(os, "fsync", self.fsyncs.append)
        monkeypatch.setattr(group_sync, "_libc", self)

    def syncfs(self, fd: int) -> int:
        self.syncfs_of.append(fd)
        ctypes.set_errno(self._code)
        return -1 if self._code else 0


def test_several_files_have_one_syncfs_and_few_have_one_fsync_each(
    fds: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)
    monkeypatch.setattr(group_sync, "_reports", True)
    sync(fds)
    assert (calls.fsyncs, calls.syncfs_of) == ([], fds[:1])  # the first was opened first: it sees all errors since
    sync(fds[:FEW_FILES])
    assert (calls.fsyncs, calls.syncfs_of) == (fds[:FEW_FILES], fds[:1])


def test_a_kernel_whose_syncfs_hides_errors_syncs_each_file(fds: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch)
    monkeypatch.setattr(group_sync, "_reports", False)
    sync(fds)
    assert (calls.fsyncs, calls.syncfs_of) == (fds, [])


def test_a_failed_write_is_reported(fds: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    Calls(monkeypatch, errno.EIO)
    monkeypatch.setattr(group_sync, "_reports", True)
    with pytest.raises(OSError, match="Input/output error") as raised:
        sync(fds)
    assert raised.value.errno == errno.EIO


def test_real_files_are_synced(fds: list[int]) -> None:
    for fd in fds:
        os.write(fd, b"content")
    sync(fds)
    sync(fds[:1])
    sync([])
    assert [os.fstat(fd).st_size for fd in fds] == [7] * len(fds)


def test_a_file_system_whose_syncfs_asks_its_server_for_nothing_syncs_each_file(
    fds: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)
    monkeypatch.setattr(group_sync, "_reports", True)
    monkeypatch.setattr(group_sync, "file_system", lambda fd: group_sync.FUSE)
    sync(fds)
    assert (calls.fsyncs, calls.syncfs_of) == (fds, [])
