"""Large directories are read a window at a time, and deep trees with few descriptors."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.local import directory_window, kept_names
from avio.engines.local.root import Root
from avio.engines.local.tree_walk import HELD_LEVELS, Walk, runs

NAMES = [f"f{no:04}" for no in range(150)] + ["f0100.txt", "f0100-x", "e", "z"]


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """A directory with many files and a few directories, whose names sort among the files."""
    for name in NAMES:
        (tmp_path / name).write_text(name)
    for name in ("f0100x", "f0120.d", "m"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "inside").write_text("x")
    (tmp_path / "link").symlink_to("e")
    return Root(str(tmp_path), make=False)


def keys(how: Walk) -> list[str]:
    return [found[0] for run in runs(how) for found in run]


@pytest.mark.parametrize("window", [1, 7, 100, len(NAMES), 10_000])
@pytest.mark.parametrize("separator", ["/", "\0"])
def test_a_small_window_yields_what_a_large_one_does(root: Root, window: int, separator: str) -> None:
    whole = keys(Walk(root, "", separator=separator))
    assert whole == sorted(whole, key=lambda key: key.replace("/", separator))
    assert len(whole) == len(NAMES) + 3
    assert keys(Walk(root, "", separator=separator, window=window)) == whole
    for after in ("", "f0050", "f0100x/inside", "f0120.d/", "f0149", "zz"):
        rest = [key for key in whole if key.replace("/", separator) > after.replace("/", separator)]
        assert keys(Walk(root, "", after=after, separator=separator, window=window)) == rest


def test_each_thing_that_is_left_out_is_told_once(root: Root) -> None:
    told: list[str] = []
    keys(Walk(root, "", window=3, leave_out=lambda key, error: told.append(key)))
    assert told == ["link"]


def test_no_more_than_a_window_is_held_and_looked_at(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    stat = os.stat
    monkeypatch.setattr(directory_window.os, "stat", lambda name, **how: looks.append(name) or stat(name, **how))
    first = next(runs(Walk(root, "", window=10)))
    assert len(first) <= 10
    assert len(looks) <= 10


def test_the_next_page_does_not_read_the_directory_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for no in range(3000):
        (tmp_path / f"{no:05}").touch()
    monkeypatch.setattr(kept_names, "SETTLED_SECONDS", -1.0)
    root = Root(str(tmp_path), make=False)
    reads = 0
    scandir = os.scandir

    def counted(directory: int) -> "Iterator[os.DirEntry[str]]":
        nonlocal reads
        reads += 1
        return scandir(directory)

    monkeypatch.setattr(directory_window.os, "scandir", counted)
    how = Walk(root, "", window=2000)
    for at in range(0, 2000, 100):
        assert next(runs(how._replace(after=f"{at:05}")))[0][0] == f"{at + 1:05}"
    assert reads == 2, "the first window, and the one after the first file"
    (tmp_path / "00000-new").touch()
    assert next(runs(how._replace(after="00000")))[0][0] == "00000-new", "a directory that changed is read again"


def test_a_deep_tree_needs_few_descriptors(tmp_path: Path) -> None:
    path = tmp_path
    for _ in range(200):
        path = path / "d"
        path.mkdir()
        (path / "a").touch()
        (path / "z").touch()
    others = set(os.listdir("/proc/self/fd"))
    most = 0
    for run in runs(Walk(Root(str(tmp_path), make=False), "")):
        most = max(most, sum(_leads_into(tmp_path, fd) for fd in set(os.listdir("/proc/self/fd")) - others))
        assert run
    assert 0 < most <= HELD_LEVELS + 2


def _leads_into(directory: Path, fd: str) -> bool:
    """Tell whether the open file `fd` lies below `directory`; it may have been closed meanwhile."""
    try:
        return str(directory) in os.readlink(f"/proc/self/fd/{fd}")
    except FileNotFoundError:
        return False


def test_a_symlink_back_is_seen_however_deep(tmp_path: Path) -> None:
    path = tmp_path
    for _ in range(HELD_LEVELS + 5):
        path = path / "d"
        path.mkdir()
    (path / "back").symlink_to("../d")
    told: list[str] = []
    walk = Walk(Root(str(tmp_path), make=False), "", follow=True, leave_out=lambda key, _: told.append(key))
    assert keys(walk) == []
    assert len(told) == 1
    assert told[0].endswith("d/back/")


def test_a_directory_whose_mtime_was_set_back_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_names, "SETTLED_SECONDS", -1.0)
    for no in range(1100):
        (tmp_path / f"{no:05}").touch()
    os.utime(tmp_path, (1, 1))
    root = Root(str(tmp_path), make=False)
    assert keys(Walk(root, ""))[0] == "00000"
    time.sleep(0.02)  # more than a tick of the kernel's clock
    (tmp_path / "00000").unlink()
    (tmp_path / "new").touch()
    os.utime(tmp_path, (1, 1))  # as rsync and tar do
    found = keys(Walk(root, ""))
    assert (found[0], found[-1]) == ("00001", "new")


def test_what_a_symlink_leads_to_is_looked_up_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_names, "SETTLED_SECONDS", -1.0)
    (tmp_path / "large").mkdir()
    for no in range(1100):
        (tmp_path / f"large/{no:05}").touch()
    (tmp_path / "large/link").symlink_to("../elsewhere")
    root = Root(str(tmp_path), make=False)
    assert len(keys(Walk(root, "large", follow=True))) == 1100
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/f").touch()
    assert keys(Walk(root, "large", follow=True))[-1] == "link/f"
