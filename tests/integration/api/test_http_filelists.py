"""Uploads of file lists: streamed, checked line by line, kept whole or not at all."""

from collections.abc import Iterator

import pytest

from avio.api.lines import CHUNK_BYTES, Lines
from avio.db import filelists
from avio.db.connecting import borrow
from avio.db.models import FileList, FileListChunk
from avio.errors import TooLarge
from tests.integration.api.conftest import CheckedClient


def kept() -> tuple[int, int]:
    """Return how many lists and chunks the database has."""
    with borrow():
        return FileList.select().count(), FileListChunk.select().count()


def test_a_list_is_kept_as_canonical_paths(ada: CheckedClient) -> None:
    text = "/data/a\r\n\n  \nalluxio://cache:19998/data//b/\n/data/ä".encode()
    response = ada.post("/filelists", data=text, content_type="text/plain; charset=utf-8")
    expected = "/data/a\n/data/b\n/data/ä\n".encode()
    assert response.status_code == 201
    assert response.get_json()["lines"] == 3
    assert response.get_json()["bytes"] == len(expected)
    with borrow():
        assert b"".join(filelists.read(response.get_json()["fileListId"])) == expected


def test_the_first_bad_lines_are_named_and_nothing_is_kept(ada: CheckedClient) -> None:
    lines = ["/data/ok", "relative", "/data/../x", "/a\0b", "/" + "x/" * 3000, "", "also/relative", "one/too/many"]
    response = ada.post("/filelists", data="\n".join(lines).encode(), content_type="text/plain")
    assert response.status_code == 400
    named = [error["field"] for error in response.get_json()["errors"]]
    assert named == ["line 2", "line 3", "line 4", "line 5", "line 7"]
    assert kept() == (0, 0)


@pytest.mark.parametrize("text", [b"", b"\n\n  \r\n", b"\xff\xfe\n", b"\x1f\x8b\x08\x00junk\n"])
def test_a_list_without_a_path_is_refused(ada: CheckedClient, text: bytes) -> None:
    assert ada.post("/filelists", data=text, content_type="text/plain").status_code == 400
    assert kept() == (0, 0)


def test_a_list_beyond_its_caps_is_refused(ada: CheckedClient) -> None:
    for text in (b"/data/a\n" * 1001, b"/data/" + b"a" * 90 + b"\n" * 100_000):
        response = ada.post("/filelists", data=text, content_type="text/plain")
        assert response.status_code == 413
        assert response.get_json()["reason"] == "TOO_LARGE"
    assert kept() == (0, 0)


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", ""])
def test_a_list_of_another_content_type_is_refused(ada: CheckedClient, kind: str) -> None:
    assert ada.post("/filelists", data=b"/data/a\n", content_type=kind).status_code == 415


def test_a_compressed_list_is_refused(ada: CheckedClient) -> None:
    headers = {"Content-Encoding": "gzip"}
    response = ada.post("/filelists", data=b"/data/a\n", content_type="text/plain", headers=headers)
    assert response.status_code == 415


def test_chunks_are_bounded_and_lines_survive_any_cut() -> None:
    text = b"".join(b"/data/part-%06d/file.bin\n" % number for number in range(50_000))
    for cut in (1 << 16, 4097):
        lines = Lines(lines_max=50_000, bytes_max=len(text))
        chunks = list(lines.clean(text[at : at + cut] for at in range(0, len(text), cut)))
        assert b"".join(chunks) == text
        assert max(map(len, chunks)) <= CHUNK_BYTES
        assert (lines.count, lines.size) == (50_000, len(text))


def test_an_endless_body_is_cut_off_at_the_cap() -> None:
    drawn = 0

    def endless() -> Iterator[bytes]:
        nonlocal drawn
        while True:
            drawn += 1
            yield b"x" * 1000

    with pytest.raises(TooLarge):
        list(Lines(lines_max=10, bytes_max=10_000).clean(endless()))
    assert drawn == 11
