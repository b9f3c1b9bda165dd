"""`avio-server check`: what it prints, what it hides, and its exit codes."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from avio.admin import commands
from avio.admin.check import purpose, show, without_consequences
from avio.admin.checks.nodes import NO_TAKER
from avio.config import Settings
from avio.config.alluxio import AlluxioSpec
from avio.engines.local.buckets import libcurl
from avio.errors import SettingsError
from avio.findings import fault, warning


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of a settings file, in a directory with a bucket and a tier."""
    for name in ("bucket", "tier"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "avio.toml"


def check() -> Result:
    return CliRunner().invoke(commands, ["check"], catch_exceptions=False)


def test_each_setting_is_shown_with_where_it_came_from(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("slots = 7\n")
    monkeypatch.setenv("AVIO_THREADS", "3")

    found = {line.split()[0]: line.split()[1:] for line in check().stdout.splitlines() if line}

    assert found["slots"] == ["7", "avio.toml"]
    assert found["threads"] == ["3", "AVIO_THREADS"]
    assert found["timezone"] == ["+08:00", "default"]


def test_each_setting_says_on_request_what_it_is_for(config: Path) -> None:
    tier = '[[tiers]]\nalias = "A"\npath = "/x"\ncapacity = 1\n'
    config.write_text('slots = 7\n[mounts."/data"]\nurl = "file:///tmp"\n' + tier)
    explained = CliRunner().invoke(commands, ["check", "--explain"], catch_exceptions=False).stdout.partition("\n\n")[0]

    found = {line.split()[0]: line for line in explained.splitlines()}

    assert found["slots"].endswith("Jobs that run at once on this node.")
    assert found["tiers[0]"].endswith("Cache tiers, best first (in avio.toml: [[tiers]]).")
    assert found['mounts."/data"'].endswith('Path to bucket (in avio.toml: [mounts."/data"]).')
    assert purpose("alluxio.masters") == AlluxioSpec.model_fields["masters"].description
    assert len(found) >= len(Settings.model_fields)
    assert "Jobs that run at once" not in check().stdout


def test_no_secret_is_shown(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(
        'database_url = "postgresql://avio:geheim@127.0.0.1:1/avio"\n'
        '[mounts."/data"]\nurl = "s3://train"\n'
        'options = { access_key_id = "who", secret_access_key = "geheim", endpoint = "http://127.0.0.1:1" }\n'
    )
    monkeypatch.setenv("AVIO_REDIS_URL", "redis://:geheim@127.0.0.1:1/0")

    shown = check().stdout

    assert "geheim" not in shown
    assert "postgresql://avio:********@127.0.0.1:1/avio" in shown
    assert "access_key_id=who, secret_access_key=********" in shown


@pytest.mark.parametrize(
    "line",
    [
        'url = "az://c"\noptions = { sas_key = "geheim", azure_storage_sas_key = "geheim" }',
        'url = "s3://b"\noptions = { aws_sse_customer_key_base64 = "geheim" }',
        'url = "s3://b"\noptions = { an_option_of_tomorrow = "geheim", AWS_SECRET_ACCESS_KEY = "geheim" }',
        'url = "https://h/b?token=geheim&sig=geheim"',
        'url = "https://who:geheim@h/b"',
        'url = "s3://b"\noptions = { proxy_url = "http://who:geheim@h:1" }',
    ],
)
def test_what_is_not_known_to_be_plain_is_a_secret(config: Path, line: str) -> None:
    config.write_text(f'[mounts."/data"]\n{line}\n')
    result = CliRunner().invoke(commands, ["check"])  # some of these options are errors too
    assert "mounts" in result.stdout
    assert "geheim" not in result.stdout.split("\n\n")[0]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "postgresql://a:geheim@h/d?sslpassword=geheim&sslmode=require",
            "a:********@h/d?sslpassword=********&sslmode=r",
        ),
        ("redis://:ge/he@im@h:1/0", "redis://:********@h:1/0"),
        ("redis://:geheim?x@h:1/0", "redis://:********@h:1/0"),
        ("redis://h:1/0", "redis://h:1/0"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert shown in show(url)
    assert not any(part in show(url) for part in ("geheim", "he@im"))


def test_every_error_is_told_at_once(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('slotz = 1\nport = 99999\n[[tiers]]\nalias = "SSD"\npath = "cache"\ncapacity = "1GiB"\n')
    monkeypatch.setenv("AVIO_THREADS", "many")

    with pytest.raises(SettingsError) as caught:
        check()

    told = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 4
    assert all(name in told for name in ("slotz", "port", "tiers.0.path", "threads"))


def test_parts_that_do_not_answer_are_told_each_on_its_line(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(f'[[tiers]]\nalias = "SSD"\npath = "{config.parent}/no where"\ncapacity = "1GiB"\n')
    monkeypatch.setenv("AVIO_REDIS_URL", "redis://127.0.0.1:1/0")

    result = check()

    assert result.exit_code == 1
    assert "not ok   database: the database " in result.stdout
    assert not (config.parent / "var").exists()
    assert "not ok   redis: unavailable" in result.stdout
    assert "not ok   tier SSD:" in result.stdout
    assert f"mkdir -p -m 755 '{config.parent}/no where'" in result.stdout


def test_settings_are_shown_beside_their_errors(config: Path) -> None:
    config.write_text('slots = 0\n[mounts."/s3"]\nurl = "s3://b"\noptions = { endpoint = "minio:9000" }\n')

    result = CliRunner().invoke(commands, ["check"])

    assert isinstance(result.exception, SettingsError)
    told = "\n".join(result.exception.problems)
    assert "slots (from avio.toml)" in told
    assert "mounts./s3.options.endpoint" in told
    found = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if line}
    assert found["slots"] == ["invalid", "avio.toml"]
    assert found["threads"] == ["8", "default"]


def test_a_tier_that_can_be_written_to_is_well_and_nothing_is_left_in_it(config: Path) -> None:
    tier = config.parent / "tier"
    config.write_text(f'[[tiers]]\nalias = "SSD"\npath = "{tier}"\ncapacity = "1GiB"\n')

    assert f"tier SSD: {tier}" in check().stdout
    assert list(tier.iterdir()) == []


def test_an_unsafe_tier_has_one_line_with_its_name_once(config: Path) -> None:
    tier = config.parent / "tier"
    tier.chmod(0o775)
    config.write_text(f'[[tiers]]\nalias = "SSD"\npath = "{tier}"\ncapacity = "1GiB"\n')
    CliRunner().invoke(commands, ["db", "init"], catch_exceptions=False)

    lines = [line for line in check().stdout.splitlines() if str(tier) in line and "tier SSD" in line]

    assert lines == [f"not ok   tier SSD: other users may write to {tier} (mode 0775)"]


def test_a_mount_on_s3_without_its_extra_is_warned_of(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libcurl, "IS_INSTALLED", False)
    config.write_text('[mounts."/s3"]\nurl = "s3://b"\noptions = { endpoint = "http://127.0.0.1:1", region = "x" }\n')

    assert "try: pip install 'avio[s3fast]'" in check().stdout


def test_a_table_has_a_line_for_each_key(config: Path) -> None:
    config.write_text('engine = "alluxio"\n[alluxio]\nmasters = ["127.0.0.1:1"]\npatience = 0\n')

    result = check()

    found = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if line}
    assert found["alluxio.masters"] == ["127.0.0.1:1", "avio.toml"]
    assert found["alluxio.web"] == ["http://127.0.0.1:19999", "avio.toml"]
    assert "mounts: none is configured" not in result.stdout
    assert "Alluxio's master: the Alluxio master at 127.0.0.1:1" in result.stdout


def test_nodes_that_take_no_job_are_not_told_beside_the_tier_that_is_the_cause() -> None:
    tier = fault("tier SSD", "other users may write to /cache", "chmod 755 /cache")
    idle, others = warning("supervisor", NO_TAKER, "see their logs"), warning("redis", "no password", "set one")

    assert without_consequences([tier, others, idle]) == [tier, others]
    assert without_consequences([others, idle]) == [others, idle]
