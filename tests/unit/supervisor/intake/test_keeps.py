"""Intake tells the jobs of its node what is kept: in one file, replaced as a whole, that jobs can only read."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from avio.clock import boottime
from avio.db import keeps as queries
from avio.db.keeps import Held
from avio.engines.kept_paths import KeptPaths
from avio.wire.keeps import OpenKeep, OpenKeeps
from supervisor.intake import keeps
from supervisor.intake.keeps import KeepsFile
from supervisor.shared.spool import Spool, make_spool


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spool:
    monkeypatch.setattr(keeps, "borrow", nullcontext)
    made = make_spool(tmp_path / "spool")
    made.make_looks()
    return made


def told(monkeypatch: pytest.MonkeyPatch, *found: Held) -> None:
    monkeypatch.setattr(queries, "all_open", lambda: list(found))


def test_the_file_has_all_open_keeps_on_the_clock_of_the_machine(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, Held("1", 7, "lena", "/data", 3600.0), Held("2", 8, "bob", "/x", None))
    KeepsFile(spool).write()

    found = OpenKeeps.from_json(spool.keeps.read_bytes())
    assert found.read == pytest.approx(boottime(), abs=5)
    first, second = found.keeps
    assert first == OpenKeep("/data", 7, "lena", found.read + 3600.0)
    assert second == OpenKeep("/x", 8, "bob", None)
    assert KeptPaths(spool.keeps).keep_of("/data/x") == first
    assert spool.keeps.stat().st_mode & 0o777 == 0o644
    assert [file.name for file in spool.keeps.parent.iterdir()] == ["keeps"]


def test_what_the_database_knows_later_is_not_dated_earlier(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr(queries, "all_open", lambda: asked.append(boottime()) or [])
    KeepsFile(spool).write()
    assert OpenKeeps.from_json(spool.keeps.read_bytes()).read <= asked[0]


def test_too_many_keeps_leave_the_file_to_age(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(queries, "all_open", lambda: None)
    KeepsFile(spool).write()
    assert not spool.keeps.exists()
    assert "no job of this node evicts anything" in caplog.text


def test_a_spool_without_room_ends_nothing(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told(monkeypatch)
    spool.keeps.parent.rmdir()
    KeepsFile(spool).write()
    assert "keeps not written" in caplog.text


def test_an_earlier_intakes_keeps_are_gone(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch)
    KeepsFile(spool).write()
    spool.make_looks()
    assert not spool.keeps.exists()
