"""The watch over a small tier sees files and promises beyond what fits."""

from pathlib import Path

from avio.engines.local.book import Book
from avio.engines.local.root import Root
from chaos.crowd import SmallTier, overfull


def test_files_beyond_the_capacity_are_found(tmp_path: Path) -> None:
    (tmp_path / "crowd/t").mkdir(parents=True)
    (tmp_path / "crowd/t/f").write_bytes(b"x" * 1000)
    assert overfull(SmallTier("SMALL", tmp_path, 1000)) == []
    assert overfull(SmallTier("SMALL", tmp_path, 999)) == ["SMALL holds 1000 bytes of 999"]


def test_promises_beyond_the_capacity_are_found(tmp_path: Path) -> None:
    (tmp_path / ".avio").mkdir()
    book = Book(Root(str(tmp_path), make=False))
    with book.locked() as page:
        book.promise(page, 1000)
    assert overfull(SmallTier("SMALL", tmp_path, 1000)) == []
    assert overfull(SmallTier("SMALL", tmp_path, 999)) == ["SMALL has promised 1000 bytes of 999"]
    book.close()
