"""The bytes of small objects under way: counted now and then, all of them when they are whole, none twice."""

import pytest

from avio.engines.local.transfer import partial_bytes
from avio.engines.local.transfer.partial_bytes import PartialBytes
from tests.contract.engines.harness import Attempt


class Requests:
    """Requests of which `came` bytes have come."""

    def __init__(self) -> None:
        self.came = self.partial = self.looks = 0

    def count_partial(self) -> None:
        self.partial = self.came
        self.looks += 1


def test_bytes_of_requests_that_end_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_bytes, "LOOK_SECONDS", 0.0)
    run, requests = Attempt(), Requests()
    shown = PartialBytes(run, requests)
    requests.came = 70
    shown.show()
    assert run.in_flight == 70
    requests.came = 30  # of 70 bytes 40 are those of an object that is whole now, of 50 bytes
    shown.show(50)
    assert run.in_flight == 80
    requests.came = 0  # it is whole, too
    shown.show(30)
    assert run.in_flight == 80
    shown.show()
    assert run.in_flight == 80
    requests.came = 20
    shown.show()
    requests.came = 0  # it has failed
    shown.show()
    assert run.in_flight == 80


def test_requests_are_looked_at_a_few_times_a_second_however_often_it_is_called() -> None:
    requests = Requests()
    shown = PartialBytes(Attempt(), requests)
    for _ in range(1000):
        shown.show()
    assert requests.looks < 5
