"""The room for a preload when the cluster has none, or does not say."""

from types import SimpleNamespace

import pytest

from avio.engines.admission import Admission
from avio.engines.alluxio.clients.cluster_info import TierUse, WorkerInfo
from avio.engines.alluxio.clients.status import Address
from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.tier import Tier
from avio.errors import CacheFull, EngineAway
from avio.wire.params import Params
from tests.unit.engines.alluxio.test_holds import SETTINGS

USE = TierUse(10, 10)
WORKER = WorkerInfo(1, Address("w", 1), "", {"MEM": USE}, live=True, silent=0, version="", blocks=0)


@pytest.fixture
def engine() -> AlluxioEngine:
    return AlluxioEngine.from_settings(SETTINGS)


def admit(
    engine: AlluxioEngine, monkeypatch: pytest.MonkeyPatch, tiers: list[Tier], live: list[WorkerInfo]
) -> Admission:
    monkeypatch.setattr(engine, "capacity", lambda: tiers)
    monkeypatch.setattr(engine._roster, "live", lambda: live)
    return engine.admit(Params())


def test_workers_without_capacity_are_named(engine: AlluxioEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CacheFull, match="no worker has a tier") as raised:
        admit(engine, monkeypatch, [], [WORKER])
    assert "workers" in raised.value.cure


def test_without_workers_nothing_is_refused(engine: AlluxioEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    admit(engine, monkeypatch, [], []).add(1 << 50)


def test_the_capacity_is_the_room(engine: AlluxioEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine._clients.info, "cluster", lambda **_: SimpleNamespace(tiers={"MEM": USE}))
    with pytest.raises(CacheFull):
        admit(engine, monkeypatch, [Tier("MEM", 10, 10, gives_way=True)], [WORKER]).add(11)


def test_without_a_web_port_nothing_is_refused_if_the_master_answers(
    engine: AlluxioEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> list[Tier]:
        raise EngineAway("the web port")

    monkeypatch.setattr(engine, "capacity", away)
    monkeypatch.setattr("avio.engines.alluxio.clients.master.Master.status", lambda *_: None)

    engine.admit(Params()).add(1 << 50)
