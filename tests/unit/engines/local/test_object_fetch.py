"""A fetch learns from the head of each reply, however the reply ends."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from avio.engines.content import Content
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.content_proof import proof_of
from avio.engines.local.buckets.lanes import Lanes
from avio.engines.local.buckets.object_fetch import ObjectFetch
from avio.engines.local.buckets.pieces import Pieces
from avio.engines.local.buckets.store_calls import Begin, Head
from avio.errors import Damaged, EngineAway
from tests.contract.engines.harness import Attempt

BYTES = b"the bytes of the object"


class Breaking:
    """A store whose line breaks after the last byte."""

    def __init__(self, source: Source, *, may_differ: bool) -> None:
        self._head = Head(source, "", may_differ=may_differ)

    def fill(self, key: str, span: tuple[int, int] | None, begin: Begin, pieces: Pieces) -> None:
        begin(self._head)
        pieces.take(BYTES)
        raise EngineAway("the line broke")


def fetched(tmp_path: Path, *, may_differ: bool) -> Content:
    etag = f'"{hashlib.md5(b"other bytes").hexdigest()}"'
    source = Source("k", len(BYTES), 0, etag)
    calls: Any = Breaking(source, may_differ=may_differ)
    target = os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT)
    try:
        proof = proof_of(etag, source.size)
        return ObjectFetch(calls, "k", source, target, Attempt(), Lanes(), proof, prove=True).run().content
    finally:
        os.close(target)


def test_the_etag_of_an_encrypted_object_proves_nothing_also_if_its_line_breaks(tmp_path: Path) -> None:
    assert fetched(tmp_path, may_differ=True) is Content.UNPROVED


def test_other_bytes_are_found_though_their_line_breaks(tmp_path: Path) -> None:
    with pytest.raises(Damaged):
        fetched(tmp_path, may_differ=False)
