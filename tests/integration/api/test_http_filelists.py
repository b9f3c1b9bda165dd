"""Uploads of file lists: streamed, checked line by line, kept whole or not at all."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import replace

import pytest

from avio.api import Web
from avio.api.services import KEY
from avio.db import filelists
from avio.db.connection import borrow
from avio.db.models import FileList, FileListChunk
from avio.errors import BadRequest, TooLarge
from avio.filelist_parser import CHUNK_BYTES, Lines
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


@pytest.mark.parametrize(
    "pieces", [[BOM_UTF8 + b"/data/a\n"], [b"\xef", b"\xbb", b"\xbf/data", b"/a"], [b"", BOM_UTF8, b"/data/a"]]
)
def test_a_byte_order_mark_before_the_first_line_is_skipped(pieces: list[bytes]) -> None:
    assert b"".join(Lines(lines_max=9, bytes_max=99).clean(pieces)) == b"/data/a\n"


def test_a_byte_order_mark_elsewhere_is_refused_and_alone_is_an_empty_list(ada: CheckedClient) -> None:
    for text, words in ((b"/data/a\n" + BOM_UTF8 + b"/data/b", "line 2"), (BOM_UTF8, "is empty")):
        response = ada.post("/filelists", data=text, content_type="text/plain")
        assert response.status_code == 400
        assert words in response.get_data(as_text=True)
    response = ada.post("/filelists", data=BOM_UTF8 + b"/data/a\r\n/data/b", content_type="text/plain")
    assert (response.status_code, response.get_json()["lines"]) == (201, 2)


def test_the_first_bad_lines_are_named_and_nothing_is_kept(ada: CheckedClient) -> None:
    lines = ["/data/ok", "relative", "/data/../x", "/a\0b", "alluxio://[::1/data", "", "also/relative", "one/too/many"]
    response = ada.post("/filelists", data="\n".join(lines).encode(), content_type="text/plain")
    assert response.status_code == 400
    named = [error["field"] for error in response.get_json()["errors"]]
    assert named == ["line 2", "line 3", "line 4", "line 5", "line 7"]
    assert "6 lines of the file list can't be used" in response.get_json()["detail"]
    assert response.get_json()["errors"][0]["message"].startswith("'relative' is not absolute")
    assert kept() == (0, 0)


def test_a_list_with_nuls_holds_any_names(ada: CheckedClient) -> None:
    text = BOM_UTF8.join([b"/data/a\n\xff\0\0/data//b /\0/data/c", b""])
    response = ada.post("/filelists?separator=nul", data=text, content_type="text/plain")
    assert (response.status_code, response.get_json()["lines"]) == (201, 3)
    with borrow():
        stored = b"".join(filelists.read(response.get_json()["fileListId"]))
    assert stored == b"/data/a\n\xff\0/data/b \0/data/c" + BOM_UTF8 + b"\0"


def test_paths_between_nuls_that_can_not_be_used_are_counted(ada: CheckedClient) -> None:
    response = ada.post("/filelists?separator=nul", data=b"/data/a\0\xffb\0/../c\0", content_type="text/plain")
    assert response.status_code == 400
    assert [(each["field"], each["message"]) for each in response.get_json()["errors"]] == [
        ("path 2", "'\\xffb' is not absolute; start it with / or alluxio://host:port/"),
        ("path 3", "'/../c' has a '..' part; write the full path"),
    ]
    assert kept() == (0, 0)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("query", ["", "?separator=nul"])
@pytest.mark.parametrize("text", ["/data/a\r\n/data/b\r\n", "alluxio://cache:1/a\n"])
def test_a_list_in_utf16_is_refused_as_such(ada: CheckedClient, encoding: str, query: str, text: str) -> None:
    response = ada.post(f"/filelists{query}", data=text.encode(encoding), content_type="text/plain")
    said = response.get_json()
    assert (response.status_code, said["detail"], said["cure"]) == (
        400,
        "the file list is in UTF-16",
        "save it as UTF-8",
    )
    assert kept() == (0, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            b"/data/a\r/data/b\r",
            "save the list with LF as the end of lines; if names have it, end each path with a NUL",
        ),
        (
            b"/data/\tb\n",
            "has a control character (tab ...); remove it or, if the name has it, end each path with a NUL",
        ),
        (
            b"/data/\xff\n",
            "is not UTF-8; save the list as UTF-8 or, if names are not, end each path with a NUL and use",
        ),
        (b"/data/a\0/data/b\0", "has a NUL; if one ends each path, use separator=nul"),
    ],
)
def test_the_advice_for_a_line_is_one_that_a_list_can_take(ada: CheckedClient, text: bytes, said: str) -> None:
    response = ada.post("/filelists", data=text, content_type="text/plain")
    [error] = response.get_json()["errors"]
    assert said in error["message"]
    assert "separator=nul" in error["message"]
    assert "percent" not in error["message"]


@pytest.mark.parametrize(
    ("query", "cure"), [("", "write one path on each line"), ("?separator=nul", "a NUL behind each")]
)
def test_an_empty_list_says_how_paths_end(ada: CheckedClient, query: str, cure: str) -> None:
    response = ada.post(f"/filelists{query}", data=b"", content_type="text/plain")
    assert cure in response.get_json()["cure"]


def test_a_list_of_a_bucket_has_no_option_for_its_separator() -> None:
    for text in (b"/a\0/b", b"/a\rb", b"/\tb", b"/\xff"):
        with pytest.raises(BadRequest) as refused:
            list(Lines(lines_max=9, bytes_max=99, bucket=True).clean([text]))
        assert "with a NUL" in refused.value.fields[0].message
        assert "separator=" not in refused.value.fields[0].message


def test_a_path_of_a_list_that_must_be_encoded_names_what_helps(ada: CheckedClient) -> None:
    params = {"fromFileList": True, "fileListPath": "/data/a\tb"}
    [error] = ada.post("/preload", json={"params": params}).get_json()["errors"]
    assert error["message"].endswith("; rename the object, or upload it with POST /filelists")


def test_a_list_that_is_read_with_the_wrong_separator_is_refused_with_the_right_one(ada: CheckedClient) -> None:
    for separator, text, said in (
        ("line", b"/data/a\0/data/b\0", "if one ends each path, use separator=nul"),
        ("nul", b"/data/a\n/data/b\n", "leave separator=nul out"),
        ("nul", b"/data/a\n" * 10_000, "leave separator=nul out"),  # longer than a path
    ):
        response = ada.post(f"/filelists?separator={separator}", data=text, content_type="text/plain")
        assert response.status_code == 400
        assert said in response.get_data(as_text=True)
    one = ada.post("/filelists?separator=nul", data=b"/data/a\n1\0", content_type="text/plain")
    last = ada.post("/filelists?separator=nul", data=b"/data/a\0/data/b\nc", content_type="text/plain")
    bare = ada.post("/filelists?separator=nul", data=b"/data/a", content_type="text/plain")
    assert [reply.get_json()["lines"] for reply in (one, last, bare)] == [1, 2, 1]


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


def upload(client: CheckedClient, text: bytes = b"/data/a\n") -> str:
    response = client.post("/filelists", data=text, content_type="text/plain")
    assert response.status_code == 201, response.get_json()
    return str(response.get_json()["fileListId"])


def test_ones_own_lists_are_listed_page_by_page_and_no_others(ada: CheckedClient, bob: CheckedClient) -> None:
    mine = [upload(ada) for _ in range(3)][::-1]
    upload(bob)
    first = ada.get("/filelists?pageSize=2").get_json()
    last = ada.get(f"/filelists?pageSize=2&pageToken={first['nextPageToken']}").get_json()

    assert [one["fileListId"] for one in first["fileLists"] + last["fileLists"]] == mine
    assert last["nextPageToken"] is None
    assert {(one["lines"], one["bytes"], one["complete"]) for one in first["fileLists"]} == {(1, 8, True)}


def test_a_list_is_deleted_by_its_owner_alone(ada: CheckedClient, bob: CheckedClient, root: CheckedClient) -> None:
    mine, other = upload(ada, b"/data/a\n" * 900), upload(ada)

    for stranger in (bob, root):
        assert stranger.delete(f"/filelists/{mine}").status_code == 404
    assert ada.delete(f"/filelists/{mine}").status_code == 204
    assert ada.delete(f"/filelists/{mine}").status_code == 404
    assert kept() == (1, 1)
    assert [one["fileListId"] for one in ada.get("/filelists").get_json()["fileLists"]] == [other]


def test_a_list_stays_while_a_job_uses_it_and_its_retry_is_refused_afterwards(ada: CheckedClient) -> None:
    mine = upload(ada)
    params = {"fromFileList": True, "fileListId": mine}
    job = ada.post("/preload", json={"params": params}).get_json()["id"]

    refused = ada.delete(f"/filelists/{mine}")
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "CONFLICT")
    ada.post(f"/jobs/{job}/cancel", json={})
    assert ada.delete(f"/filelists/{mine}").status_code == 204

    for response in (ada.post(f"/jobs/{job}/retry"), ada.post("/preload", json={"params": params})):
        assert response.status_code in (400, 409)
        assert mine in response.get_data(as_text=True) or "fileListId" in response.get_data(as_text=True)


def test_lists_beyond_the_quota_are_refused_with_what_to_do(app: Web, ada: CheckedClient, bob: CheckedClient) -> None:
    small = app.extensions[KEY].settings.model_copy(update={"lists_max": 2, "lists_bytes_max": 8000})
    app.extensions[KEY] = replace(app.extensions[KEY], settings=small)
    first = upload(ada)
    response = ada.post("/filelists", data=b"/data/bb\n" * 999, content_type="text/plain")
    assert (response.status_code, response.get_json()["reason"]) == (429, "TOO_MANY")
    assert "may have 8000 bytes" in response.get_json()["detail"]
    assert kept() == (1, 1)
    upload(ada)
    response = ada.post("/filelists", data=b"/data/c\n", content_type="text/plain")
    assert "you have 2 file lists" in response.get_json()["detail"]
    assert "DELETE /filelists/{id}" in response.get_json()["cure"]
    upload(bob)

    assert ada.delete(f"/filelists/{first}").status_code == 204
    upload(ada)
