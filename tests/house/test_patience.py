"""What a test waits for has the time of a quiet machine, and more beside other work."""

import os
from types import SimpleNamespace

import pytest

from tests import processes
from tests.processes import wait_until


@pytest.mark.parametrize(("load", "in_time"), [(20.0, True), (1.0, False)], ids=["busy", "quiet"])
def test_a_limit_grows_with_the_load_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, load: float, *, in_time: bool
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load, load))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    clock = iter(range(1000))
    stand_in = SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda _: None)  # a look takes a second
    monkeypatch.setattr(processes, "time", stand_in)
    looks = iter([False] * 4 + [True])

    if in_time:
        wait_until(lambda: next(looks), 1.5, "the fifth look")
    else:
        with pytest.raises(AssertionError, match=r"not within 1\.5 s: the fifth look"):
            wait_until(lambda: next(looks), 1.5, "the fifth look")
