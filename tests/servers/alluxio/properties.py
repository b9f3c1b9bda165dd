"""The settings of the cluster: small tiers, quick timers, everything on loopback."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

TIERS = {"MEM": "64MB", "SSD": "256MB", "HDD": "1GB"}

PORTS = {
    "alluxio.master.rpc.port",
    "alluxio.master.web.port",
    "alluxio.job.master.rpc.port",
    "alluxio.job.master.web.port",
    "alluxio.job.master.embedded.journal.port",
    "alluxio.master.embedded.journal.port",
    "alluxio.proxy.web.port",
}
WORKER_PORTS = {
    "alluxio.worker.rpc.port",
    "alluxio.worker.web.port",
    "alluxio.job.worker.rpc.port",
    "alluxio.job.worker.data.port",
    "alluxio.job.worker.web.port",
}


_HOST = "127.0.0.1"

# A file that is saved to a local directory gets its owner in Alluxio, by name: one that this machine knows.
USER = pwd.getpwuid(os.geteuid()).pw_name


def cluster_properties(home: Path) -> dict[str, str]:
    """Return what all daemons share, their data below `home`."""
    daemons = ("master", "master.web", "proxy.web", "job.master", "job.master.web")
    hosts = {f"alluxio.{daemon}.bind.host": _HOST for daemon in daemons}
    hosts |= {f"alluxio.{daemon}.hostname": _HOST for daemon in ("master", "job.master", "proxy.web")}
    return hosts | {
        "alluxio.home": str(home),
        "alluxio.work.dir": str(home),
        "alluxio.conf.dir": str(home / "conf"),
        "alluxio.extensions.dir": str(home / "ext"),
        "alluxio.tmp.dirs": str(home / "tmp"),
        "alluxio.master.mount.table.root.ufs": str(home / "ufs"),
        "alluxio.master.journal.type": "UFS",
        "alluxio.master.journal.folder": str(home / "journal"),
        "alluxio.master.metastore": "HEAP",
        "alluxio.master.worker.connect.wait.time": "0sec",
        "alluxio.worker.ramdisk.size": TIERS["MEM"],
        # The default one leaves 64 MB of each directory unused.
        "alluxio.worker.reviewer.class": "alluxio.worker.block.reviewer.AcceptingReviewer",
        # Blocks stay on the tier where they were put.
        "alluxio.worker.management.tier.align.enabled": "false",
        "alluxio.worker.management.tier.promote.enabled": "false",
        "alluxio.worker.management.tier.swap.restore.enabled": "false",
        "alluxio.user.block.size.bytes.default": "1MB",
        "alluxio.user.metrics.collection.enabled": "false",
        "alluxio.web.ui.enabled": "false",
        "alluxio.proxy.s3.v2.version.enabled": "false",
        "alluxio.security.login.username": USER,
        "alluxio.master.persistence.initial.interval": "100ms",
        "alluxio.master.persistence.scheduler.interval": "100ms",
        "alluxio.master.persistence.checker.interval": "100ms",
    }


def worker_properties(home: Path, host: str, name: str, ports: Mapping[str, int]) -> dict[str, str]:
    """Return what belongs to one worker and its job worker, which find each other by the same `name` for `host`."""
    daemons = ("worker", "worker.web", "job.worker", "job.worker.web")
    properties = {f"alluxio.{daemon}.bind.host": host for daemon in daemons}
    properties |= {f"alluxio.{daemon}.hostname": name for daemon in ("worker", "job.worker", "user")}
    properties |= {name: str(port) for name, port in ports.items()}
    properties["alluxio.worker.tieredstore.levels"] = str(len(TIERS))
    for level, (alias, quota) in enumerate(TIERS.items()):
        prefix = f"alluxio.worker.tieredstore.level{level}."
        properties |= {
            prefix + "alias": alias,
            prefix + "dirs.path": str(home / alias),
            prefix + "dirs.mediumtype": alias,
            prefix + "dirs.quota": quota,
        }
    return properties


def as_flags(properties: Mapping[str, str]) -> list[str]:
    """Return properties as flags of Java, which overrule the site file."""
    return [f"-D{name}={text}" for name, text in properties.items()]
