"""What comes in a reply goes where its last head says."""

from avio.engines.local.buckets.signed_requests import Reply, _Incoming


def test_the_bytes_after_another_head_are_those_of_its_reply() -> None:
    heads: list[Reply] = []
    chunks: list[bytes] = []
    incoming = _Incoming(heads.append, chunks.append)
    incoming.see_header(b"HTTP/1.1 200 OK\r\n")
    incoming.receive(b"one")
    incoming.receive(b"two")
    incoming.see_header(b"HTTP/1.1 503 Slow Down\r\n")
    incoming.receive(b"<Error>")

    assert chunks == [b"one", b"two"]
    assert [head.status for head in heads] == [200]
    assert incoming.reply() == Reply(503, {}, b"<Error>")
