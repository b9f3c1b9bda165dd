"""The proxy that stands for a long line: what passes is unchanged, and later."""

import http.client
import time
from urllib.parse import urlsplit

import pytest

from tests.servers.delay_line import delay_line
from tests.servers.memory_s3 import MemoryS3, memory_s3

ROUND_TRIP_MS = 200


def test_a_connect_and_a_request_take_a_round_trip_each() -> None:
    with memory_s3() as server, delay_line(server.endpoint, ROUND_TRIP_MS) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        took = []
        for _ in range(2):
            began = time.monotonic()
            connection.request("GET", "/-/counts")
            connection.getresponse().read()
            took.append(time.monotonic() - began)
        connection.close()

    assert took[0] >= 2 * ROUND_TRIP_MS / 1000
    assert took[1] >= ROUND_TRIP_MS / 1000
    assert took[1] < took[0]


def test_large_bodies_pass_unchanged_both_ways(memory_server: MemoryS3) -> None:
    memory_server.make_bucket("long")
    body = bytes(range(256)) * (64 << 10)
    with delay_line(memory_server.endpoint, 20) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        connection.request("PUT", "/long/key", body)
        assert connection.getresponse().read() == b""
        connection.request("GET", "/long/key")

        assert connection.getresponse().read() == body
        connection.close()


def test_a_server_that_is_gone_closes_the_connection() -> None:
    with memory_s3() as server:
        endpoint = server.endpoint
    with delay_line(endpoint, 20) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        connection.request("GET", "/-/counts")
        with pytest.raises(ConnectionError):
            connection.getresponse()
        connection.close()
