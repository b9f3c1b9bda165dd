"""What attempts write gets into the database once, whole, however often it is shipped."""

from pathlib import Path

import pytest

from avio.db import artifacts
from supervisor import shipping
from supervisor.shipping import Shipping
from supervisor.spool import Spool
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def shipped(job: str, kind: str) -> bytes:
    return b"".join(artifacts.read(job, 1, kind))


def test_the_log_is_shipped_as_it_grows(spool: Spool) -> None:
    job = given.running()
    log = spool.make(job, 1) / "log"
    ship = Shipping(spool)
    ship.ship_log(job, 1)

    log.write_bytes(b"one\n")
    ship.ship_log(job, 1)
    ship.ship_log(job, 1)
    log.write_bytes(b"one\ntwo\n")
    ship.ship_all(job, 1)

    assert shipped(job, "log") == b"one\ntwo\n"
    assert artifacts.count(job, 1, "log") == 2


def test_another_intake_goes_on_where_the_first_one_died(spool: Spool) -> None:
    job = given.running()
    log = spool.make(job, 1) / "log"
    log.write_bytes(b"one\n")
    Shipping(spool).ship_log(job, 1)

    log.write_bytes(b"one\ntwo\n")
    Shipping(spool).ship_all(job, 1)

    assert shipped(job, "log") == b"one\ntwo\n"


def test_a_log_that_was_rotated_is_shipped_to_its_end_first(spool: Spool) -> None:
    job = given.running()
    directory = spool.make(job, 1)
    ship = Shipping(spool)
    (directory / "log").write_bytes(b"one\n")
    ship.ship_log(job, 1)

    (directory / "log.1").write_bytes(b"one\ntwo\n")
    (directory / "log").write_bytes(b"3\n")
    ship.ship_log(job, 1)

    assert shipped(job, "log") == b"one\ntwo\n3\n"


def test_report_and_result_are_shipped_whole_in_whole_lines(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "CHUNK_BYTES", 100)
    job = given.running()
    directory = spool.make(job, 1)
    text = b"".join(b'{"path":"/%d"}\n' % number for number in range(50))
    (directory / "report.jsonl").write_bytes(text)
    (directory / "entries.jsonl").write_bytes(text)

    Shipping(spool).ship_all(job, 1)
    Shipping(spool).ship_all(job, 1)

    assert shipped(job, "report") == shipped(job, "result") == text
    assert all(chunk.endswith(b"\n") for chunk in artifacts.read(job, 1, "report"))
    assert artifacts.count(job, 1, "report") > 5


def test_what_is_beyond_the_bound_is_dropped(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "CHUNK_BYTES", 10)
    monkeypatch.setattr(shipping, "MAX_CHUNKS", {"log": 2, "report": 2, "result": 2})
    job = given.running()
    directory = spool.make(job, 1)
    for name in ("log", "report.jsonl", "entries.jsonl"):
        (directory / name).write_bytes(b"123456789\n" * 5)

    Shipping(spool).ship_all(job, 1)

    for kind in artifacts.KINDS:
        assert artifacts.count(job, 1, kind) == 2
    assert shipped(job, "log") == b"123456789\n" * 2


def test_an_attempt_without_a_directory_has_nothing_to_ship(spool: Spool) -> None:
    job = given.running()

    Shipping(spool).ship_all(job, 1)

    assert shipped(job, "log") == b""
