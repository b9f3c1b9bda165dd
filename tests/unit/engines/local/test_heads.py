"""The ETag of a reply, out of its head as it came."""

import pytest

from avio.engines.local.buckets.heads import etag_of


@pytest.mark.parametrize(
    ("head", "etag"),
    [
        (b'HTTP/1.1 200 OK\r\nETag: "a"\r\nServer: x\r\n\r\n', '"a"'),
        (b'HTTP/1.1 200 OK\netag:"a"\n', '"a"'),
        (b'HTTP/1.1 200 OK\r\nETAG: \t W/"A"  \r\n\r\n', '"A"'),
        (b"HTTP/1.1 200 OK\r\nEtag: a\r\n", '"a"'),
        (b'HTTP/1.1 200 Connected\r\nETag: "p"\r\n\r\nHTTP/1.1 200 OK\r\nETag: "a"\r\n\r\n', '"a"'),
        (b'HTTP/1.1 200 OK\r\nX-ETag: "a"\r\nX: etag: "b"\r\n\r\n', None),
        (b"HTTP/1.1 200 OK\r\nETag:\r\n\r\n", None),
        (b"", None),
    ],
)
def test_the_etag_of_the_last_head_counts(head: bytes, etag: str | None) -> None:
    assert etag_of(head) == etag
