"""`avio-server doctor`: what it finds of each part, what it tells to do, and its exit codes."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from avio.admin.checks import disks, isolation, nodes
from avio.admin.checks.redis import _version
from avio.config import Settings, load
from avio.db.models import database
from avio.findings import Finding, Severity
from avio.isolation.ladder import RUNGS
from avio.isolation.probes import Probed
from tests.integration.admin.conftest import Server
from tests.process.programs.as_user import ROOT, command

CONFIG = """
[mounts."/data"]
url = "file://{home}/bucket"

[[tiers]]
alias = "SSD"
path = "{home}/tier"
capacity = "1MiB"
"""


@pytest.fixture
def home(server: Server, tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything is as it should be; the working directory."""
    for name in ("bucket", "tier", "spool"):
        (tmp_path / name).mkdir()
    (tmp_path / "avio.toml").write_text(CONFIG.format(home=tmp_path))
    monkeypatch.setenv("AVIO_REDIS_URL", valkey_url)
    monkeypatch.setenv("AVIO_SPOOL", str(tmp_path / "spool"))
    return tmp_path


def examine(server: Server) -> tuple[int, dict[str, list[Any]]]:
    """Return the exit code, and the findings by section and subject."""
    result = server.run("doctor", "--json")
    found: dict[str, list[Any]] = {}
    for row in json.loads(result.stdout):
        found.setdefault(f"{row['section']}/{row['subject']}", []).append(row)
    return result.exit_code, found


def of(severity: Severity, findings: Iterator[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is severity]


def test_where_all_is_well_nothing_must_be_changed(server: Server, home: Path) -> None:
    code, found = examine(server)

    assert code == 0
    assert "fault" not in {row["severity"] for rows in found.values() for row in rows}
    assert found["tiers/tier SSD"][0]["message"] == f"{home}/tier can be written to"
    assert {name.partition("/")[2] for name in found if name.startswith("isolation/")} >= {rung.name for rung in RUNGS}
    assert list((home / "tier").iterdir()) == list((home / "spool").iterdir()) == []


def test_what_must_be_changed_is_told_with_its_cure_and_by_the_exit_code(server: Server, home: Path) -> None:
    (home / "tier").rmdir()

    code, found = examine(server)

    assert code == 1
    (row,) = found["tiers/tier SSD"]
    assert (row["severity"], row["message"]) == ("fault", f"{home}/tier does not exist")
    text = server.run("doctor").stdout
    assert f"not ok   tier SSD: {home}/tier does not exist\n         try: " in text
    assert f"mkdir -p -m 755 {home}/tier" in text


def test_a_tier_without_extended_attributes_is_warned_of(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", refuse)
    (row,) = examine(server)[1]["tiers/tier SSD"]

    assert (row["severity"], "takes no extended attributes" in row["message"]) == ("warning", True)


def test_tables_that_somebody_changed_are_a_fault(server: Server, home: Path) -> None:
    with server.database():
        database.execute_sql("ALTER TABLE jobs ADD COLUMN extra INTEGER")

    code, found = examine(server)

    assert code == 1
    assert [row["message"] for row in found["database/database"]][1] == "column jobs.extra is unknown"


def test_a_job_process_that_may_look_around_in_redis_is_warned_of(
    server: Server, home: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "redis/redis of job processes"
    assert examine(server)[1][name][0]["severity"] == "warning"
    with redis.Redis.from_url(valkey_url) as client:
        client.execute_command("ACL SETUSER doctored on >word ~avio:events -@all +xadd +ping +client|setinfo")
    try:
        monkeypatch.setenv("AVIO_EXECUTOR_REDIS_URL", valkey_url.replace("//", "//doctored:word@"))
        assert examine(server)[1][name][0]["severity"] == "good"

        monkeypatch.setenv("AVIO_EXECUTOR_REDIS_URL", valkey_url.replace("//", "//doctored:wrong@"))
        code, found = examine(server)
        assert (code, found[name][0]["severity"]) == (1, "fault")

        monkeypatch.setenv("AVIO_EXECUTOR_REDIS_URL", valkey_url)
        assert examine(server)[1][name][0]["severity"] == "warning"
    finally:
        with redis.Redis.from_url(valkey_url) as client:
            client.execute_command("ACL DELUSER doctored")


@pytest.mark.parametrize(
    ("told", "severity"),
    [
        ({"redis_version": "6.0.16"}, Severity.FAULT),
        ({"redis_version": "6.2.0"}, Severity.GOOD),
        ({"redis_version": "7.2.4", "valkey_version": "8.0.1"}, Severity.GOOD),
    ],
)
def test_a_redis_that_is_too_old_is_a_fault(told: dict[str, str], severity: Severity) -> None:
    class Client:
        def info(self, _section: str) -> dict[str, str]:
            return told

    assert _version(Client()).severity is severity  # type: ignore[arg-type]


def test_a_tier_of_several_file_systems_is_a_fault(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tier = (home / "tier").resolve()
    assert of(Severity.FAULT, disks.look_at_tiers(load())) == []

    monkeypatch.setattr(disks, "_mount_points", lambda: ["/", str(tier), f"{tier}/data", f"{tier}2"])
    (inside,) = of(Severity.FAULT, disks.look_at_tiers(load()))
    assert inside.message.startswith(f"{tier}/data is another file system")


def test_a_hidden_directory_that_leads_elsewhere_is_a_fault(home: Path) -> None:
    (home / "tier" / ".avio").symlink_to(home / "spool")

    (hidden,) = of(Severity.FAULT, disks.look_at_tiers(load()))

    assert ".avio is on another file system" in hidden.message


def test_a_mount_point_is_read_from_the_kernel() -> None:
    assert "/proc" in disks._mount_points()


def test_a_capacity_beyond_the_disk_is_warned_of(home: Path) -> None:
    text = (home / "avio.toml").read_text()
    (home / "avio.toml").write_text(text.replace("1MiB", "1000TiB"))

    (found,) = of(Severity.WARNING, disks.look_at_tiers(load()))

    assert found.message.startswith("its capacity is 1,099,511,627,776,000 bytes")


def test_a_spool_that_is_a_file_is_a_fault(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").touch()
    monkeypatch.setenv("AVIO_SPOOL", str(home / "file"))

    (found,) = of(Severity.FAULT, disks.look_at_spool(load()))

    assert found.message == f"{home}/file is not a directory"


def test_a_spool_with_less_room_than_is_asked_for_is_a_fault(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVIO_SPOOL_MIN_FREE", "1000TiB")

    (found,) = of(Severity.FAULT, disks.look_at_spool(load()))

    assert found.message.endswith("spool_min_free asks for 1,099,511,627,776,000: the node takes no job")


@pytest.mark.parametrize(("mode", "severity"), [("best", Severity.WARNING), ("strict", Severity.FAULT)])
def test_a_rung_that_is_missing_is_a_warning_or_when_strict_a_fault(
    monkeypatch: pytest.MonkeyPatch, mode: str, severity: Severity
) -> None:
    rung = next(rung for rung in RUNGS if rung.name == "cgroup")
    monkeypatch.setattr(isolation, "probe", lambda _: iter([Probed(rung, True, "it is read-only")]))

    found = list(isolation.look_at_isolation(Settings(isolation=mode)))

    (told,) = [one for one in found if one.subject == "cgroup"]
    assert (told.severity, told.message) == (severity, "unavailable: it is read-only")
    assert "Delegate=yes" in told.cure


def test_a_rung_that_nobody_asks_for_names_its_setting() -> None:
    found = {one.subject: one for one in isolation.look_at_isolation(Settings(isolation="basic"))}

    assert "set job_user" not in found["memory"].cure
    assert found["cgroup"].cure.startswith("set isolation,")
    assert {one.severity for one in isolation.look_at_isolation(Settings()) if one.subject == "memory"} == {
        Severity.NOTE
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's jobs can run as root")
def test_jobs_of_root_are_warned_of() -> None:
    found = {one.subject: one for one in isolation.look_at_isolation(Settings())}

    assert (found["user"].severity, found["user"].message) == (Severity.WARNING, "job processes run as root")
    assert "set job_user" in found["user"].cure
    named = {one.subject: one for one in isolation.look_at_isolation(Settings(job_user="nobody"))}
    assert named["user"].severity is Severity.GOOD


def test_a_job_user_that_is_not_there_is_a_fault_with_its_cure() -> None:
    (found,) = isolation.look_at_isolation(Settings(job_user="no-such-user"))

    assert (found.severity, found.message) == (Severity.FAULT, "no such user 'no-such-user'")
    assert found.cure == "create it, e.g. useradd --system no-such-user"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_without_roots_rights_it_tells_what_is_missing_and_why() -> None:
    given = {
        "PATH": os.environ["PATH"],
        "AVIO_DATABASE_URL": "postgresql://127.0.0.1:1/none",
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    done = subprocess.run(
        command("avio.admin", 65534, "doctor", "--json"),
        cwd=ROOT,
        env=given,
        capture_output=True,
        text=True,
        timeout=60,
    )

    rungs = {row["subject"]: row for row in json.loads(done.stdout) if row["section"] == "isolation"}
    assert rungs["rights"]["message"] == "checked without root's rights"
    assert rungs["session"]["severity"] == "good"
    if rungs["cgroup"]["severity"] == "good":
        pytest.skip("this user may make control groups")
    assert "can't be written to" in rungs["cgroup"]["message"] or "not mounted" in rungs["cgroup"]["message"]


def test_an_sqlite_file_without_tables_has_no_nodes_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    settings = Settings(database_url=f"sqlite:///{tmp_path}/empty.db")
    assert list(nodes.look_at_nodes(settings)) == []
