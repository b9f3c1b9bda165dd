"""Histograms that processes share: each shows the sums of all, and a new one goes on in the file of a dead one."""

import os

import pytest

from avio.metrics.declared import ENGINE, HTTP
from avio.metrics.observed import Observed, memory_files


def sample(observed: Observed, name: str, **labels: str) -> float:
    found = [each.value for each in observed.family(HTTP).samples if each.name == name and each.labels == labels]
    assert len(found) == 1, observed.family(HTTP).samples
    return found[0]


GET = {"method": "GET", "route": "/jobs", "status": "200"}


def test_a_value_counts_in_its_bucket_and_in_all_above() -> None:
    observed = Observed()
    observed.observe(HTTP, 0.07, *GET.values())
    observed.observe(HTTP, 99.0, *GET.values())

    assert sample(observed, "avio_http_request_seconds_bucket", **GET, le="0.05") == 0
    assert sample(observed, "avio_http_request_seconds_bucket", **GET, le="0.1") == 1
    assert sample(observed, "avio_http_request_seconds_bucket", **GET, le="30.0") == 1
    assert sample(observed, "avio_http_request_seconds_bucket", **GET, le="+Inf") == 2
    assert sample(observed, "avio_http_request_seconds_count", **GET) == 2
    assert sample(observed, "avio_http_request_seconds_sum", **GET) == pytest.approx(99.07)


def test_a_bound_belongs_to_its_bucket() -> None:
    observed = Observed()
    observed.observe(HTTP, 0.1, *GET.values())

    assert sample(observed, "avio_http_request_seconds_bucket", **GET, le="0.1") == 1


def test_nothing_is_shown_before_the_first_value() -> None:
    assert Observed().family(HTTP).samples == []


def test_each_process_shows_the_sums_of_all_that_share_files() -> None:
    files = memory_files(3)
    first, second = Observed(), Observed()
    first.share(files, 0)
    second.share(files, 1)
    first.observe(HTTP, 1.0, *GET.values())
    pid = os.fork()
    if not pid:  # a worker: it has the descriptors, and no memory of ours
        second.observe(HTTP, 2.0, *GET.values())
        os._exit(0)
    os.waitpid(pid, 0)

    for observed in (first, second):
        observed.close()
        assert sample(observed, "avio_http_request_seconds_count", **GET) == 2
        assert sample(observed, "avio_http_request_seconds_sum", **GET) == 3
    for descriptor in files:
        os.close(descriptor)


def test_a_process_goes_on_in_the_file_of_a_dead_one() -> None:
    files = memory_files(1)
    for _ in range(3):
        one = Observed()
        one.share(files, 0)
        one.observe(HTTP, 1.0, *GET.values())
        one.close()

    assert sample(one, "avio_http_request_seconds_count", **GET) == 3
    assert os.fstat(files[0]).st_size == 1 << 16
    os.close(files[0])


def test_a_call_that_fails_is_timed_too() -> None:
    observed = Observed()
    with pytest.raises(ZeroDivisionError), observed.timed(ENGINE, "local", "stat"):
        raise ZeroDivisionError

    assert [each.labels for each in observed.family(ENGINE).samples if each.name.endswith("_count")] == [
        {"engine": "local", "call": "stat"}
    ]
