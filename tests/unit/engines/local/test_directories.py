"""Directories that are held open while many files are worked on: never for long, and never past a round."""

import os
from pathlib import Path

import pytest

from avio.engines.local import directories
from avio.engines.local.root import Root


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """A root with the file `d/f` of one byte in it."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_bytes(b"1")
    return Root(str(tmp_path), make=False)


def size(root: Root, name: str = "d/f") -> int | None:
    """Return the size of a file in the root."""
    status = root.stat(name)
    return status.st_size if status is not None else None


def replace_directory(root: Root) -> None:
    """Put another directory at `d`, whose file `f` has two bytes."""
    os.rename(f"{root.path}/d", f"{root.path}/old")
    os.mkdir(f"{root.path}/d")
    Path(root.path, "d/f").write_bytes(b"22")


def test_a_directory_is_opened_once_while_it_is_held(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    with root.holding():
        assert size(root) == 1
        monkeypatch.setattr(root, "open", None)
        assert size(root) == 1
        assert size(root, "d/none") is None


def test_a_directory_that_another_took_the_place_of_is_seen_soon(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directories, "HELD_SECONDS", 0.0)
    with root.holding():
        assert size(root) == 1
        replace_directory(root)
        assert size(root) == 2


def test_nothing_is_held_outside_and_from_one_round_to_the_next(root: Root) -> None:
    with root.holding():
        assert size(root) == 1
        replace_directory(root)
        with root.holding():
            assert size(root) == 2
    os.rename(f"{root.path}/old", f"{root.path}/older")
    replace_directory(root)
    assert size(root, "old/f") == 2


def test_a_directory_that_was_missing_is_made_all_the_same(root: Root) -> None:
    with root.holding():
        assert size(root, "new/f") is None
        with pytest.raises(FileNotFoundError):
            root.parent("new/f")
        parent, last = root.parent("new/f", make=True)
        os.close(os.open(last, os.O_CREAT | os.O_WRONLY, dir_fd=parent.fd))
        assert size(root, "new/f") == 0


def test_open_directories_are_given_back(root: Root) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with root.holding():
        for no in range(50):
            root.parent(f"made/{no}/f", make=True)
    for _ in range(50):
        size(root)
    assert len(os.listdir("/proc/self/fd")) <= before + 2
