"""No `avio-server up` of this machine is looked at but those of the tests themselves."""

from pathlib import Path

import pytest

from avio.admin import beside_up


@pytest.fixture(autouse=True)
def _nobody_else_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = beside_up.running_homes
    monkeypatch.setattr(beside_up, "running_homes", lambda: [each for each in found() if tmp_path in each.parents])
