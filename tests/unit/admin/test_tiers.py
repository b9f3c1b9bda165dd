"""`avio-server tiers`: capacity and use of each tier, for people and for programs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from avio.admin import commands
from avio.errors import EngineAway, NotFound


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "avio.toml"


def test_each_tier_is_told_with_what_it_holds(config: Path) -> None:
    directory = config.parent / "ssd"
    config.write_text(
        f'[mounts."/data"]\nurl = "file://{config.parent}/bucket"\n'
        f'[[tiers]]\nalias = "SSD"\npath = "{directory}"\ncapacity = "1MiB"\n'
    )
    directory.mkdir()
    (directory / "file").write_bytes(b"x" * 8192)

    (row,) = json.loads(CliRunner().invoke(commands, ["tiers", "--json"], catch_exceptions=False).stdout)

    assert (row["tier"], row["worker"], row["capacity"]) == ("SSD", None, 1 << 20)
    assert row["used"] >= 8192
    assert row["free"] == row["capacity"] - row["used"]
    assert "SSD" in CliRunner().invoke(commands, ["tiers"], catch_exceptions=False).stdout


def test_a_tier_that_is_missing_is_named_and_not_made(config: Path) -> None:
    directory = config.parent / "ssd"
    config.write_text(f'[[tiers]]\nalias = "SSD"\npath = "{directory}"\ncapacity = "1MiB"\n')

    result = CliRunner().invoke(commands, ["tiers"])

    assert isinstance(result.exception, NotFound)
    assert "tier SSD" in result.exception.message
    assert not directory.exists()


def test_a_cluster_that_does_not_answer_is_an_error_with_its_name(config: Path) -> None:
    config.write_text('engine = "alluxio"\n[alluxio]\nmasters = ["127.0.0.1:1"]\npatience = 0\n')

    result = CliRunner().invoke(commands, ["tiers"])

    assert isinstance(result.exception, EngineAway)
    assert "127.0.0.1:19999" in str(result.exception)
