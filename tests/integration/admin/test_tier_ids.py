"""The ids of tiers: registered once, compared on every machine."""

from pathlib import Path

import pytest

from avio.admin.checks.disks import look_at_tiers
from avio.admin.up import print_removed_tiers
from avio.config import Settings
from avio.db import leases
from avio.db import tiers as queries
from avio.engines.factory import open_engine
from avio.engines.local.marker import make_marker, marker_of
from avio.engines.local.memory_disks import in_memory
from avio.errors import Conflict, TierNotMounted
from avio.findings import Severity
from avio.rules.tiers import adopt, expect_known_tiers, forget, replace, wrong_tiers
from tests.integration.admin.conftest import Server


def settings_of(server: Server, tier: Path) -> Settings:
    return Settings(
        database_url=server.url,
        tiers=[{"alias": "SSD", "path": str(tier), "capacity": 1 << 20}],  # type: ignore[list-item]  # as in avio.toml
    )


def test_a_tier_is_registered_once_and_a_shared_directory_is_right_on_every_node(
    server: Server, tmp_path: Path
) -> None:
    settings = settings_of(server, tmp_path / "ssd")
    with server.database():
        assert adopt(settings) == []
        assert queries.known() == {"SSD": marker_of(tmp_path / "ssd")}
        assert adopt(settings) == []
        assert wrong_tiers(settings) == []


def test_a_disk_that_is_not_mounted_is_named_and_gets_no_marker(server: Server, tmp_path: Path) -> None:
    settings = settings_of(server, tmp_path / "ssd")
    with server.database():
        adopt(settings)
        (tmp_path / "ssd").rename(tmp_path / "unmounted")
        (wrong,) = adopt(settings)

    assert wrong.message.startswith(f"tier SSD is not mounted at {tmp_path}/ssd")
    assert not (tmp_path / "ssd").exists()
    (finding,) = look_at_tiers(settings)
    assert (finding.severity, finding.message) == (Severity.FAULT, wrong.message)


@pytest.mark.parametrize("memory", [True, False])
def test_the_cure_of_a_missing_marker_is_right_for_a_tier_in_memory(
    server: Server, tmp_path: Path, memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avio.rules.tiers.in_memory", lambda _: memory)
    settings = settings_of(server, tmp_path / "ssd")
    with server.database():
        queries.register("SSD", "its id before the restart")
        (wrong,) = wrong_tiers(settings)

    assert f"mkdir -p -m 755 {tmp_path}/ssd; avio-server tiers --init SSD" in wrong.cure
    assert ("mount its disk" in wrong.cure) is not memory
    assert ("memory of the machine, which a restart empties" in wrong.cure) is memory


def test_the_memory_of_a_machine_is_known() -> None:
    assert in_memory(Path("/dev/shm/avio/none"))
    assert not in_memory(Path("/proc/none"))


def test_a_node_with_a_tier_of_its_own_is_named(server: Server, tmp_path: Path) -> None:
    make_marker(tmp_path / "own")
    with server.database():
        adopt(settings_of(server, tmp_path / "shared"))
        (wrong,) = adopt(settings_of(server, tmp_path / "own"))

    assert "is not the tier SSD of the other nodes" in wrong.message


def test_a_node_that_lacks_a_tier_of_the_others_is_named_and_registers_none(server: Server, tmp_path: Path) -> None:
    own = Settings(
        database_url=server.url,
        tiers=[{"alias": "HDD", "path": str(tmp_path / "hdd"), "capacity": 1 << 20}],  # type: ignore[list-item]
    )
    with server.database():
        adopt(settings_of(server, tmp_path / "ssd"))
        (wrong,) = adopt(own)
        assert queries.known().keys() == {"SSD"}
        engine = open_engine(own.engine_settings())
        expect_known_tiers(engine)
        for use in (engine.members()[0].check, engine.capacity, lambda: engine.sweep(lambda: ())):
            with pytest.raises(TierNotMounted, match="tier SSD of the other nodes is missing"):
                use()

    assert wrong.message == "tier SSD of the other nodes is missing in the settings of this machine"
    assert not (tmp_path / "hdd").exists()
    (tmp_path / "hdd").mkdir()
    assert [finding.message for finding in look_at_tiers(own) if finding.severity is Severity.FAULT] == [wrong.message]


def test_a_tier_that_no_machine_has_any_longer_is_forgotten_on_request(server: Server, tmp_path: Path) -> None:
    settings = settings_of(server, tmp_path / "ssd")
    with server.database():
        adopt(settings)
        queries.register("HDD", "0" * 32)
        with pytest.raises(Conflict, match="tier SSD is in the settings"):
            forget(settings, "SSD")
        assert [wrong.alias for wrong in wrong_tiers(settings)] == ["HDD"]
        assert forget(settings, "HDD")
        assert not forget(settings, "HDD")
        assert wrong_tiers(settings) == []


def test_a_disk_that_was_replaced_is_accepted_on_request(server: Server, tmp_path: Path) -> None:
    settings = settings_of(server, tmp_path / "ssd")
    with server.database():
        adopt(settings)
        (tmp_path / "ssd/.avio/tier").unlink()
        assert wrong_tiers(settings)
        assert replace(settings, "SSD")
        assert wrong_tiers(settings) == []
        assert not replace(settings, "HDD")


def test_the_only_node_forgets_a_tier_that_its_settings_no_longer_have(server: Server, tmp_path: Path) -> None:
    own = Settings(
        database_url=server.url,
        tiers=[{"alias": "HDD", "path": str(tmp_path / "hdd"), "capacity": 1 << 20}],  # type: ignore[list-item]
    )
    with server.database():
        leases.register(own.node, "boot", "spool", 1, 60)
        adopt(settings_of(server, tmp_path / "ssd"))
        assert adopt(own) == []
        assert queries.known().keys() == {"HDD"}

        leases.register("another", "boot", "spool", 1, 60)
        (wrong,) = adopt(settings_of(server, tmp_path / "ssd"))
    assert "tier HDD of the other nodes is missing" in wrong.message


def test_up_says_which_tier_is_no_longer_in_the_settings(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(server, tmp_path / "ssd")
    with server.database():
        adopt(settings)
    print_removed_tiers(settings)
    assert capsys.readouterr().err == ""
    print_removed_tiers(settings.model_copy(update={"tiers": []}))
    assert "warning: tier SSD is no longer in the settings: files there are no longer" in capsys.readouterr().err
