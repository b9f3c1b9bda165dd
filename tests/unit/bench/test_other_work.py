"""How much of the cores other processes took: all that was busy, less what was ours."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from bench.data import machine


def test_own_work_is_no_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    times, busy, own = iter([100.0, 105.0]), iter([50.0, 53.0]), iter([7.0, 9.0])
    monkeypatch.setattr(machine, "time", SimpleNamespace(monotonic=lambda: next(times)))
    monkeypatch.setattr(machine, "_busy_seconds", lambda: next(busy))
    monkeypatch.setattr(machine, "_own_seconds", lambda: next(own))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    assert machine.OtherWork().share() == pytest.approx(0.1)


def test_work_of_ended_children_is_busy_time_and_ours() -> None:
    busy, own = machine._busy_seconds(), machine._own_seconds()

    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.5: pass"], check=True)

    assert machine._busy_seconds() - busy >= 0.45
    assert machine._own_seconds() - own >= 0.5
