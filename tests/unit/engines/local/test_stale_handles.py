"""A tier or bucket on NFS: what another machine removes while it is open is ESTALE: one file, or the whole root."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avio.engines.local import root
from avio.engines.local.errors import bucket_disk_errors, of_tier_disk, tier_errors
from avio.engines.local.root import Root
from avio.engines.local.tree_walk import Walk, runs
from avio.errors import EngineAway, EngineError, Gone, NodeFault, Scope

STALE = OSError(errno.ESTALE, os.strerror(errno.ESTALE))


@pytest.fixture
def tree(tmp_path: Path) -> Root:
    for name in ("a/1", "b/2", "c/3"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x")
    return Root(str(tmp_path), make=False)


def stale_once(call: Callable[..., Any], is_meant: Callable[..., bool]) -> Callable[..., Any]:
    """Return `call`, which is refused the first time that `is_meant` says so."""
    left = [STALE]

    def refused(*args: Any, **how: Any) -> Any:
        if left and is_meant(*args, **how):
            raise left.pop()
        return call(*args, **how)

    return refused


@pytest.mark.parametrize("errors", [tier_errors, bucket_disk_errors])
def test_one_stale_file_is_gone_and_tried_again(errors: Any) -> None:
    with pytest.raises(Gone) as caught, errors("tier MEM: /a/1"):
        raise STALE
    assert caught.value.scope is Scope.RETRY


@pytest.mark.parametrize(("errors", "kind"), [(tier_errors, NodeFault), (bucket_disk_errors, EngineAway)])
def test_a_stale_root_concerns_all_files(tree: Root, errors: Any, kind: type[EngineError]) -> None:
    def stale(_: str) -> int:
        raise STALE

    tree.open_top = stale
    with pytest.raises(kind, match="stale file handle"), errors("tier MEM"):
        tree.stat("a/1")


def test_a_root_that_turns_stale_while_it_is_open_is_no_empty_one(tree: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    def stale(*_: object, **__: object) -> Any:
        raise STALE

    assert tree.stat("a/1") is not None
    tree.open_top = stale
    monkeypatch.setattr(root, "open_beneath", stale)

    with pytest.raises(OSError) as of_file:
        tree.stat("a/1")
    with pytest.raises(OSError) as of_walk:
        list(runs(Walk(tree, "")))
    assert isinstance(of_tier_disk(of_file.value, "tier MEM"), NodeFault)
    assert isinstance(of_tier_disk(of_walk.value, "tier MEM"), NodeFault)


def test_a_root_that_is_mounted_again_is_used(tree: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tree.fd

    def same(one: int, other: int) -> bool:
        raise STALE

    monkeypatch.setattr(os.path, "sameopenfile", same)
    tree.look_again()
    assert tree.fd != old
    assert tree.stat("a/1") is not None


def test_a_held_directory_that_was_removed_is_opened_again(tree: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    with tree.holding():
        assert tree.stat("a/1") is not None
        monkeypatch.setattr(os, "stat", stale_once(os.stat, lambda name, **_: name == "1"))
        assert tree.stat("a/1") is not None
        monkeypatch.setattr(os, "open", stale_once(os.open, lambda name, *_, **__: name == "1"))
        os.close(tree.open_file("a/1", os.O_RDONLY))


@pytest.mark.parametrize("call", ["open", "scandir", "stat"])
def test_a_directory_that_was_removed_ends_no_walk(tree: Root, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    b = os.stat(f"{tree.path}/b")

    def is_meant(what: Any, *_: object, **how: Any) -> bool:
        if call == "open":
            return bool(what == "b")
        if call == "stat":
            return bool(what == "2")
        return os.path.samestat(os.fstat(what), b)

    monkeypatch.setattr(os, call, stale_once(getattr(os, call), is_meant))
    assert [found[0] for run in runs(Walk(tree, "")) for found in run] == ["a/1", "c/3"]
