"""Connections to a store are as many as its requests at once. They are closed when no request needs them."""

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from avio.engines.local.buckets import idle_handles
from avio.engines.local.buckets.idle_handles import MOST_IDLE, IdleHandles
from avio.engines.local.buckets.multipart import MultipartUpload
from avio.engines.local.buckets.pace import TASK
from avio.engines.local.buckets.s3_list import Ask, S3List
from avio.engines.local.buckets.s3_objects import S3Objects
from avio.engines.local.buckets.signed_requests import SignedRequests
from avio.engines.local.buckets.store_facts import StoreFacts
from tests.processes import open_files
from tests.unit.engines.local.raw_store import RawStore, Send, raw_store

THREADS = 16
AT_ONCE = 2
HEAD = b"HTTP/1.1 200 OK\r\nETag: e\r\nContent-Length: 3\r\n\r\n"
PAGE = b"<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>"


class Handle:
    """Knows whether it is closed."""

    is_closed = False

    def close(self) -> None:
        """Close it."""
        self.is_closed = True


@pytest.fixture
def store() -> Iterator[RawStore]:
    def answer(_: dict[str, str], send: Send) -> bool:
        is_list = "list-type" in store.requests[-1][0]
        send(HEAD.replace(b"3", b"%d" % len(PAGE)) + PAGE if is_list else HEAD)
        return True

    with raw_store(answer) as store:
        yield store


def opened_by_libcurl() -> int:
    """Return how many files libcurl has open for its own use."""
    return open_files("eventfd")


def test_many_threads_need_no_more_connections_than_requests_at_once(store: RawStore) -> None:
    objects = S3Objects(store.place(), "s3://b", StoreFacts("s3://b"))
    all_run, few = threading.Barrier(THREADS), threading.Semaphore(AT_ONCE)

    def ask(_: int) -> None:
        all_run.wait()
        for _ in range(3):
            with few:
                assert objects.head("k") is not None

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(ask, range(THREADS)))

    assert len(store.requests) == 3 * THREADS
    assert store.connections <= AT_ONCE


def test_a_request_to_any_bucket_closes_what_was_idle_for_long(
    store: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    gc.collect()
    before = opened_by_libcurl()
    objects, pages = S3Objects(store.place(), "s3://b", StoreFacts("s3://b")), S3List(store.place(), "s3://b")
    objects.head("k")
    pages.page(Ask(""), TASK)
    assert opened_by_libcurl() > before

    monkeypatch.setattr(idle_handles, "IDLE_SECONDS", -1.0)
    monkeypatch.setattr(idle_handles._sweep, "_due", 0.0)
    IdleHandles[Handle]().take()

    assert opened_by_libcurl() <= before
    assert objects.head("k") is not None


def test_handles_are_closed_by_age() -> None:
    idle, old, fresh = IdleHandles[Handle](), Handle(), Handle()
    idle.give_back(old)
    idle.give_back(fresh)
    begin = idle._idle[0][0]
    idle._idle[1] = (begin + 10, fresh)

    idle.close_old(begin + idle_handles.IDLE_SECONDS)
    assert not old.is_closed
    idle.close_old(begin + idle_handles.IDLE_SECONDS + 1)
    assert (old.is_closed, fresh.is_closed) == (True, False)
    assert idle.take() is fresh
    assert idle.take() is None


def test_more_handles_than_a_process_needs_are_closed() -> None:
    idle, handles = IdleHandles[Handle](), [Handle() for _ in range(MOST_IDLE + 2)]
    for handle in handles:
        idle.give_back(handle)

    assert [handle.is_closed for handle in handles] == [True, True, *(False for _ in range(MOST_IDLE))]


def test_requests_that_nobody_uses_any_longer_close_their_connections_at_once(store: RawStore) -> None:
    gc.collect()
    gc.disable()
    try:
        before = opened_by_libcurl()
        requests = SignedRequests(store.place())
        requests.send("b/k", "HEAD", "k", {})
        assert opened_by_libcurl() > before
        del requests
        assert opened_by_libcurl() == before
    finally:
        gc.enable()


def test_an_upload_that_has_ended_closes_its_connections_at_once() -> None:
    body = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"

    def answer(_: dict[str, str], send: Send) -> bool:
        send(HEAD.replace(b"3", b"%d" % len(body)) + body)
        return True

    gc.collect()
    gc.disable()
    try:
        with raw_store(answer) as store:
            before = opened_by_libcurl()
            run: Any = SimpleNamespace(stopping=lambda: False)
            upload = MultipartUpload(store.place(), "b/k", "k", StoreFacts("s3://b"), run)
            upload.complete({})
            assert opened_by_libcurl() > before
            del upload
            assert opened_by_libcurl() == before
    finally:
        gc.enable()
