"""Pages of a listing in a process with many open files, and in one that may open no other."""

import errno
import os
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from avio.engines.local.buckets import idle_handles
from avio.engines.local.buckets.pace import JOB, TASK
from avio.engines.local.buckets.plain_gets import _opened
from avio.engines.local.buckets.s3_list import Ask, S3List
from avio.engines.local.buckets.s3_list_request import ListRequest
from avio.engines.local.buckets.s3_pages import S3Pages
from avio.engines.local.buckets.s3_place import S3Place, place_of
from avio.engines.local.buckets.signed_requests import SignedRequests
from avio.errors import EngineAway
from tests.processes import open_files
from tests.servers.hostile_s3 import hostile_s3

SECONDS = 0.5  # until the store answers


@pytest.fixture(autouse=True)
def _no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close no idle handle of other tests meanwhile: that would give back open files."""
    monkeypatch.setattr(idle_handles._sweep, "_due", float("inf"))


@pytest.fixture
def _many_files() -> Iterator[None]:
    """Have more files open than select(2) knows."""
    with ExitStack() as stack:
        first = os.open("/dev/null", os.O_RDONLY)
        stack.callback(os.close, first)
        while True:
            descriptor = os.dup(first)
            stack.callback(os.close, descriptor)
            if descriptor > 1100:
                break
        yield


@pytest.mark.usefixtures("_many_files")
def test_waiting_for_a_page_costs_no_processor_time_above_descriptor_1023() -> None:
    with hostile_s3() as store:
        store.seconds = SECONDS
        place = place_of(f"s3://{store.bucket}", store.options)
        assert place is not None
        request = ListRequest(place)
        for _ in range(2):  # by a new connection, and by one that is kept
            before = time.thread_time()
            request.begin(f"{place.url}?list-type=2", TASK)
            status, body, _ = request.end()
            assert time.thread_time() - before < SECONDS / 2
            assert (status, b"ListBucketResult" in body) == (200, True)
        request.close()


@contextmanager
def _files_left(count: int) -> Iterator[None]:
    """Let this process open `count` more files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + 16, hard))
        taken: list[int] = []
        with suppress(OSError):
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        for descriptor in taken[count:]:
            stack.callback(os.close, descriptor)
        for descriptor in taken[:count]:
            os.close(descriptor)
        yield


def _nowhere() -> S3Place:
    keys = {"access_key_id": "a", "secret_access_key": "b", "allow_http": "true"}
    place = place_of("s3://b", {"endpoint": "http://127.0.0.1:1", **keys})
    assert place is not None
    return place


def _pages(place: S3Place) -> None:
    list(S3Pages(S3List(place, "s3://b"), "s3://b", Ask(""), JOB._replace(retry_seconds=0), eager=True).run())


@pytest.mark.parametrize(
    "ask",
    [
        lambda place: S3List(place, "s3://b").begin(Ask(""), JOB),
        lambda place: S3List(place, "s3://b").page(Ask(""), JOB._replace(retry_seconds=0)),
        _pages,
        lambda place: SignedRequests(place).send("s3://b/k", "HEAD", "k", {}),
        lambda place: _opened("s3://b/k", place, lambda: False),
    ],
    ids=["begin", "page", "pages", "request", "plain"],
)
@pytest.mark.parametrize("left", [0, 1, 2])
def test_without_open_files_the_store_is_unavailable_to_this_process(
    ask: Callable[[S3Place], object], left: int
) -> None:
    place = _nowhere()
    with _files_left(left), pytest.raises(EngineAway) as caught:
        ask(place)
    if left == 0:
        assert "s3://b" in caught.value.message
        assert "no open files left" in caught.value.message
        assert "ulimit" in caught.value.cure


def test_a_connection_without_an_open_file_for_python_is_unavailable_to_this_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = _nowhere()._replace(url=f"http://127.0.0.1:{listener.getsockname()[1]}/b")
        errors = []
        for left in range(6):
            with _files_left(left):
                try:
                    os.close(_opened("s3://b/k", place, lambda: False))
                except EngineAway as error:
                    errors.append(error.message)
    assert "s3://b/k: this process has no memory or no open files left: Too many open files" in errors


def test_a_page_that_cant_be_asked_for_ahead_is_asked_for_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with hostile_s3() as store:
        place = place_of(f"s3://{store.bucket}", store.options)
        assert place is not None
        monkeypatch.setattr(ListRequest, "begin", refuse)
        pages = S3Pages(S3List(place, "s3://b"), "s3://b", Ask(""), JOB, eager=True)
        assert [page.token for page in pages.run()][-1] is None


def test_a_page_that_is_read_at_once_needs_no_group_of_handles() -> None:
    with hostile_s3() as store:
        place = place_of(f"s3://{store.bucket}", store.options)
        assert place is not None
        request = ListRequest(place)
        before = open_files("eventpoll")
        assert request.get(f"{place.url}?list-type=2", TASK)[0] == 200
        assert open_files("eventpoll") == before
        request.begin(f"{place.url}?list-type=2", TASK)
        assert request.end()[0] == 200
        request.close()
        assert open_files("eventpoll") == before
