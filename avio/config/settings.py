"""`Settings`: every setting, with its default, its limits and what it is for. Opens no connection."""

import pwd
import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import ByteSize, ConfigDict, Field, field_validator

from avio.clock import parse_zone
from avio.config.alluxio import AlluxioSpec
from avio.config.job_limits import JobLimitSettings
from avio.config.keeps import KeepSettings
from avio.config.local import Mount, MountPath, TierSpec, readable
from avio.config.metrics import MetricsSettings
from avio.config.networks import WebhookSettings
from avio.config.retention import RetentionSettings
from avio.config.schedules import ScheduleSettings
from avio.config.size import Bandwidth, Size
from avio.config.table import Count, Interval, Lifetime, Patience, Wait
from avio.config.urls import DatabaseUrl, Host, RedisUrl
from avio.config.web import WebLimits
from avio.wire.job_limits import JobLimits


class Settings(
    RetentionSettings, JobLimitSettings, ScheduleSettings, KeepSettings, WebLimits, WebhookSettings, MetricsSettings
):
    """All settings. The name in the environment is AVIO_ and the field in capitals; in avio.toml the field itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: DatabaseUrl = Field(
        "sqlite:///var/avio.db", description="sqlite:///path or postgresql://user:password@host/name."
    )
    redis_url: RedisUrl = Field(
        "redis://127.0.0.1:6379/0", description="redis://, rediss:// or unix:// URL of Redis or Valkey."
    )
    executor_redis_url: RedisUrl | None = Field(
        None, description="The same Redis for job processes, with the user executor; absent: redis_url."
    )
    engine: Literal["local", "alluxio"] = Field(
        "local", description="local: avio's own mounts and tiers; alluxio: an Alluxio cluster."
    )
    mounts: dict[MountPath, Mount] = Field(
        default_factory=dict, description='Path to bucket (in avio.toml: [mounts."/data"]).'
    )
    tiers: list[TierSpec] = Field(
        default_factory=list, description="Cache tiers, best first (in avio.toml: [[tiers]])."
    )
    alluxio: AlluxioSpec | None = Field(
        None, description="Addresses of the Alluxio cluster (in avio.toml: [alluxio]); for the engine alluxio alone."
    )
    spool: Path = Field(Path("var/spool"), description="Directory of this node for attempts: logs, reports, results.")
    spool_min_free: Size = Field(
        ByteSize(64 << 20), description="Bytes that the spool's disk must have free for the node to take a job."
    )
    node: str = Field(
        default_factory=socket.gethostname,
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="Name of this worker node; unique among the supervisors.",
    )
    slots: Annotated[int, Field(ge=1, le=1000)] = Field(2, description="Jobs that run at once on this node.")
    threads: Annotated[int, Field(ge=1, le=256)] = Field(
        8, description="Files that one job moves at once; of small S3 objects as many as bring more, up to 512."
    )
    bandwidth: Bandwidth | None = Field(
        None, description="Bytes per second that all jobs together may move; absent: no limit."
    )
    movers: Annotated[int, Field(ge=0, le=64)] = Field(
        0,
        description="Most processes that move the files of one job; 0: half of the processors, at most 16. "
        "A small job has one.",
    )
    host: Host = Field("127.0.0.1", description="Address that web listens on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8080, description="Port that web listens on.")
    web_workers: Annotated[int, Field(ge=1, le=64)] = Field(2, description="Number of web processes.")
    timezone: str = Field("+08:00", description="Offset of the times in replies.")
    token_ttl: Lifetime = Field(43200, description="Seconds that a login token is valid after its last use.")
    token_max_age: Lifetime = Field(
        2_592_000, description="Seconds after its login until a token ends, however much it is used."
    )
    heartbeat: Interval = Field(2, description="Seconds between two renewals of a node's lease.")
    fence: Interval = Field(20, description="Seconds without a renewal after which a job process ends itself.")
    lease: Interval = Field(30, description="Seconds that a renewed lease is valid.")
    grace: Wait = Field(10, description="Seconds between the end of a lease and the reaping of the node's jobs.")
    stop_grace: Interval = Field(10, description="Seconds between TERM and KILL of a job process.")
    kill_wait: Interval = Field(
        30, description="Seconds after KILL until a process that still exists counts as unkillable."
    )
    stall_after: Annotated[Patience, Field(gt=0)] = Field(
        600, description="Seconds without a byte or an entry, after which keeper ends a job process."
    )
    store_patience: Patience = Field(
        600, description="Seconds without progress that a job waits for a bucket or cache that is unavailable."
    )
    room_patience: Patience = Field(
        86_400, description="Seconds that a preload with ifFull=wait waits for room in the cache."
    )
    isolation: Literal["best", "strict", "basic"] = Field(
        "best",
        description="best: all that the machine supports; strict: refuse to start if any is missing; basic: no cgroup,"
        " Landlock or seccomp, and all capabilities.",
    )
    job_user: str | None = Field(
        None,
        description="System user of job processes, if the supervisor is root; it must be able to write to the tiers.",
    )
    job_files: Annotated[int, Field(ge=64, le=1 << 20)] = Field(
        4096, description="Files that a job process may have open."
    )
    job_file_size: Size = Field(ByteSize(0), description="Bytes that a file written by a job may have; 0 is unlimited.")
    job_processes: Annotated[int, Field(ge=0, le=1 << 22)] = Field(
        0, description="Processes and threads that a job may have (its user, where there is no cgroup); 0 is unlimited."
    )
    job_memory: Size = Field(
        ByteSize(0), description="Bytes of memory that a job may use, by its cgroup; 0 is unlimited."
    )
    job_cpu_weight: Annotated[int, Field(ge=0, le=10_000)] = Field(
        0, description="Weight of a job for processor time, by its cgroup (others have 100); 0 leaves it unchanged."
    )
    copy_mode: Annotated[str | None, Field(pattern=r"^0?6[04][04]$")] = Field(
        None,
        description="Rights of copies, as in 0640; absent: 0644, but for a file:// bucket no more than its file has.",
    )
    job_nice: Annotated[int, Field(ge=0, le=19)] = Field(5, description="Niceness of job processes.")
    job_idle_io: bool = Field(False, description="Job processes use the disk only while no other process does.")
    queued_max: Count = Field(1000, description="Jobs that one user may have queued.")
    list_lines_max: Count = Field(10_000_000, description="Lines that one file list may have.")
    list_bytes_max: Size = Field(ByteSize(1 << 30), gt=0, description="Bytes that one file list may have.")
    signs: Path | None = Field(
        None, description="Directory of this node for the signs of life that avio-server probe reads; absent: none."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Lowest level that is logged.")

    @field_validator("timezone")
    @classmethod
    def _is_offset(cls, value: str) -> str:
        parse_zone(value)
        return value

    def web_address(self, host: str | None = None) -> str:
        """Return `host:port` of web as in a URL, with IPv6 in brackets. `host` replaces the setting `host`."""
        host = host or self.host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def tier_owners(self) -> list[int]:
        """Return the uids that may own a tier, besides root and the user of the process: that of `job_user`."""
        try:
            return [] if self.job_user is None else [pwd.getpwnam(self.job_user).pw_uid]
        except KeyError:  # the supervisor does not start
            return []

    @property
    def mount_paths(self) -> list[str]:
        """Return the paths of the mounts, as far as the settings know them."""
        return list(self.mounts) if self.alluxio is None else ["/", *self.alluxio.mount_bandwidths]

    def job_limits(self) -> JobLimits:
        """Return the limits of running jobs, with the mounts that they are about."""
        most = self.jobs_per_user, self.jobs_per_group, self.jobs_per_mount, self.jobs_per_bucket
        if self.alluxio is not None:
            return JobLimits(*most, dict.fromkeys(self.mount_paths))
        return JobLimits(*most, {path: mount.bucket for path, mount in self.mounts.items()})

    def engine_settings(self, ids: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
        """Return the engine's settings as plain JSON, secrets included. For the order's pipe alone.

        A tier in `ids` (by alias) is used only if its disk has this id.
        """
        return {
            "engine": self.engine,
            "mounts": {
                path: {"url": mount.url, "options": {name: readable(text) for name, text in mount.options.items()}}
                for path, mount in self.mounts.items()
            },
            "tiers": [
                {
                    "alias": t.alias,
                    "path": str(t.path),
                    "capacity": int(t.capacity),
                    "shared": t.shared,
                    "owners": self.tier_owners(),
                    **({"id": ids[t.alias]} if t.alias in ids else {}),
                }
                for t in self.tiers
            ],
            "copy_mode": None if self.copy_mode is None else int(self.copy_mode, 8),
            **({} if self.alluxio is None else {"alluxio": self.alluxio.model_dump()}),
        }
