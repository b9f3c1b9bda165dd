"""The rules over a cluster's settings: each finds what it is for, names the cure, and is in docs/alluxio.md."""

import re
from pathlib import Path

import pytest

from avio.engines.alluxio.clients import errors
from avio.engines.alluxio.clients.cluster_info import ClusterInfo, TierUse, WorkerInfo
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.status import Address, MountPoint
from avio.engines.alluxio.doctor import rules
from avio.findings import Finding, Severity

ROOT = Path(__file__).resolve().parents[4]
TIERS = {"MEM": TierUse(10, 0), "SSD": TierUse(10, 0)}
WORKER = WorkerInfo(1, Address("w1", 29999), "http://w1:30000", TIERS, True, 0, "2.9.6", 0)
SETTINGS = AlluxioSettings((), (), ())


def cluster(version: str = "2.9.6", mounts: tuple[MountPoint, ...] = (), **configuration: str) -> ClusterInfo:
    told = {f"alluxio.{name.replace('_', '.')}": value for name, value in configuration.items()}
    return ClusterInfo(version, 0, (WORKER,), (), TIERS, mounts, told)


def troubles(findings: list[Finding]) -> list[tuple[Severity, str]]:
    """Return what asks for a change, each of which must say how."""
    found = [finding for finding in findings if finding.severity in (Severity.WARNING, Severity.FAULT)]
    assert all(finding.cure for finding in found)
    return [(finding.severity, finding.subject) for finding in found]


def test_a_cluster_with_defaults_is_fit() -> None:
    found = [*rules.of_cluster(cluster(), SETTINGS)]

    assert troubles(found) == []
    assert [finding.message for finding in found if finding.subject == "direct memory"] == [
        "a worker allocates as much for each block in flight; blocks have 64MB by default"
    ]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (cluster(version="3.1"), (Severity.WARNING, "version")),
        (cluster(version="2.90.1"), (Severity.WARNING, "version")),
        (cluster(security_authentication_type="CUSTOM"), (Severity.FAULT, "auth")),
        (cluster(security_authentication_type="NOSASL"), (Severity.FAULT, "auth")),
        (cluster(network_tls_enabled="true"), (Severity.FAULT, "TLS")),
        (cluster(security_login_username="hdfs"), (Severity.WARNING, "user")),
        (cluster(master_persistence_blacklist=".staging"), (Severity.WARNING, "persistence")),
        (cluster(mounts=(MountPoint("/s3", "s3://b/", 1, True),)), (Severity.WARNING, "mount /s3")),
    ],
    ids=lambda value: str(value[1]) if isinstance(value, tuple) and len(value) == 2 else "",
)
def test_what_does_not_suit_is_found(told: ClusterInfo, expected: tuple[Severity, str]) -> None:
    assert troubles([*rules.of_cluster(told, SETTINGS)]) == [expected]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ({"w1", "w2"}, []),
        ({"w2"}, [(Severity.WARNING, "job service")]),
        (set(), [(Severity.FAULT, "job service")]),
    ],
)
def test_a_worker_without_a_job_worker_is_found(hosts: set[str], expected: list[tuple[Severity, str]]) -> None:
    assert troubles([*rules.of_job_service(cluster(), hosts)]) == expected


@pytest.mark.parametrize(
    ("worker", "configuration", "expected"),
    [
        (WORKER, {}, []),
        (WORKER._replace(version="2.9.3"), {}, [Severity.WARNING]),
        (WORKER, {"alluxio.worker.block.store.type": "PAGE"}, [Severity.FAULT]),
        (WORKER, {"alluxio.worker.management.tier.promote.enabled": "true"}, [Severity.WARNING]),
        (
            WORKER._replace(tiers={"MEM": TierUse(10, 0)}),
            {"alluxio.worker.management.tier.promote.enabled": "true"},
            [],
        ),
    ],
)
def test_a_worker_that_does_not_suit_is_found(
    worker: WorkerInfo, configuration: dict[str, str], expected: list[Severity]
) -> None:
    found = troubles([*rules.of_worker(cluster(), worker, configuration)])

    assert found == [(severity, "worker w1:29999") for severity in expected]


@pytest.mark.parametrize(
    ("pool", "noted"), [({}, True), ({"alluxio.worker.block.master.client.pool.size": "64"}, False)]
)
def test_a_worker_that_commits_few_blocks_at_a_time_is_noted(pool: dict[str, str], noted: bool) -> None:
    found = [each for each in rules.of_worker(cluster(), WORKER, pool) if each.severity is Severity.NOTE]

    assert [each.cure for each in found] == ["set alluxio.worker.block.master.client.pool.size=64"] * noted


def test_a_worker_without_capacity_is_a_fault() -> None:
    found = [*rules.of_worker(cluster(), WORKER._replace(tiers={}), {})]

    assert (Severity.FAULT, "worker w1:29999") in troubles(found)


def test_every_setting_that_is_looked_at_is_documented_with_its_reason_and_no_other() -> None:
    page = (ROOT / "docs/alluxio.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(alluxio\.[a-z0-9.]+)` \|", page, re.MULTILINE))
    sources = [Path(module.__file__ or "").read_text(encoding="utf-8") for module in (rules, errors)]
    looked_at = {name for text in sources for name in re.findall(r"alluxio(?:\.[a-z0-9]+){3,}(?=[\"=])", text)}
    looked_at |= {f"alluxio.worker.management.tier.{mover}.enabled" for mover in rules._MOVERS}

    assert documented == looked_at
