"""A page of a listing that is asked for ahead, in a process with many open files."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from avio.engines.local.buckets.pace import TASK
from avio.engines.local.buckets.s3_list_request import ListRequest
from avio.engines.local.buckets.s3_place import place_of
from tests.servers.hostile_s3 import hostile_s3

SECONDS = 0.5  # until the store answers


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
