"""The settings of every server process: AVIO_* variables over an optional avio.toml over defaults.

Validated at start, all errors at once; unknown keys are refused. Reads no store and opens nothing.
"""

import os
import socket
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field, ValidationError, field_validator, model_validator

from avio import faults
from avio.clock import parse_zone
from avio.config.alluxio import AlluxioSpec
from avio.config.local import Mount, TierSpec, readable
from avio.wire.paths import PathError, canonical

PREFIX = "AVIO_"

# Variables with our prefix that are not settings of the server: the CLI's, the demo's, the tests'.
FOREIGN = frozenset(
    {
        "AVIO_CONFIG",
        "AVIO_URL",
        "AVIO_TOKEN",
        "AVIO_PASSWORD",
        "AVIO_PROGRESS",
        "AVIO_DEBUG",
        "AVIO_ADMIN_PASSWORD",
        "AVIO_FAULT",
        "AVIO_COMPLETE",
    }
)


class SettingsError(Exception):
    """The settings don't hold; `problems` has one line for each of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Settings(BaseModel):
    """All settings. The name in the environment is AVIO_ and the field in capitals; in avio.toml the field itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: str = Field(
        "sqlite:///var/avio.db", description="sqlite:///path or postgresql://user:password@host/name."
    )
    redis_url: str = Field(
        "redis://127.0.0.1:6379/0", description="redis://, rediss:// or unix:// URL of Redis or Valkey."
    )
    executor_redis_url: str | None = Field(
        None, description="The same Redis as a job process may use it, with the user executor; else redis_url."
    )
    engine: Literal["local", "alluxio", "memory"] = Field(
        "local", description="What answers for the paths: mounts and tiers of our own, or an Alluxio cluster."
    )
    mounts: dict[str, Mount] = Field(
        default_factory=dict, description='Path to bucket (in avio.toml: [mounts."/data"]).'
    )
    tiers: list[TierSpec] = Field(
        default_factory=list, description="Cache tiers, best first (in avio.toml: [[tiers]])."
    )
    alluxio: AlluxioSpec | None = Field(
        None, description="Where the Alluxio cluster answers (in avio.toml: [alluxio]); for the engine alluxio alone."
    )
    spool: Path = Field(Path("var/spool"), description="Directory of this node for attempts: logs, reports, results.")
    spool_min_free: ByteSize = Field(
        ByteSize(64 << 20), description="Bytes that the spool's disk must have free for the node to take a job."
    )
    node: str = Field(
        default_factory=socket.gethostname,
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="Name of this worker node; unique among the supervisors.",
    )
    slots: Annotated[int, Field(ge=1, le=1000)] = Field(2, description="Jobs that run at once on this node.")
    threads: Annotated[int, Field(ge=1, le=256)] = Field(
        8, description="Files that one job moves at once; of small S3 objects four times as many, up to 128."
    )
    host: str = Field("127.0.0.1", description="Address that web listens on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8080, description="Port that web listens on.")
    web_workers: Annotated[int, Field(ge=1, le=64)] = Field(2, description="Processes of web.")
    web_threads: Annotated[int, Field(ge=4, le=1000)] = Field(64, description="Threads of each web process.")
    listeners: Annotated[int, Field(ge=1, le=900)] = Field(
        32, description="Event streams and long polls that each web process keeps open; below web_threads."
    )
    timezone: str = Field("+08:00", description="Offset of the times in replies.")
    token_ttl: Annotated[int, Field(ge=60)] = Field(43200, description="Seconds that a login token holds.")
    heartbeat: Annotated[float, Field(gt=0)] = Field(2, description="Seconds between two renewals of a node's lease.")
    fence: Annotated[float, Field(gt=0)] = Field(
        20, description="Seconds without a renewal after which a job process ends itself."
    )
    lease: Annotated[float, Field(gt=0)] = Field(30, description="Seconds that a renewed lease holds.")
    grace: Annotated[float, Field(ge=0)] = Field(
        10, description="Seconds after the lease before a node's jobs are taken back."
    )
    stop_grace: Annotated[float, Field(gt=0)] = Field(10, description="Seconds between TERM and KILL of a job process.")
    kill_wait: Annotated[float, Field(gt=0)] = Field(
        30, description="Seconds after which a killed process that is still there counts as unkillable."
    )
    stall_after: Annotated[float, Field(gt=0)] = Field(
        600, description="Seconds without a byte or an entry after which a job process is ended, for its next attempt."
    )
    isolation: Literal["best", "strict", "basic"] = Field(
        "best",
        description="best: what the machine has; strict: refuse to start without all; basic: without cgroup, Landlock"
        " and seccomp.",
    )
    job_user: str | None = Field(
        None, description="System user that job processes become, as root only; the tiers must be writable to it."
    )
    job_files: Annotated[int, Field(ge=64)] = Field(4096, description="Files that a job process may have open.")
    job_file_size: ByteSize = Field(
        ByteSize(0), description="Bytes that a file written by a job may have; 0 is unlimited."
    )
    job_processes: Annotated[int, Field(ge=0)] = Field(
        0, description="Processes and threads of a job (of its user, where there is no cgroup); 0 is unlimited."
    )
    job_memory: ByteSize = Field(ByteSize(0), description="Bytes of memory of a job, by its cgroup; 0 is unlimited.")
    job_cpu_weight: Annotated[int, Field(ge=0, le=10_000)] = Field(
        0, description="Share of the processors of a job, beside 100 of others, by its cgroup; 0 leaves it alone."
    )
    job_nice: Annotated[int, Field(ge=0, le=19)] = Field(5, description="Niceness of job processes.")
    job_idle_io: bool = Field(False, description="Job processes use the disk only while nobody else does.")
    queued_max: Annotated[int, Field(ge=1)] = Field(1000, description="Jobs that one user may have queued.")
    list_lines_max: Annotated[int, Field(ge=1)] = Field(1_000_000, description="Lines that one file list may have.")
    list_bytes_max: ByteSize = Field(ByteSize(64 << 20), gt=0, description="Bytes that one file list may have.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")

    @field_validator("timezone")
    @classmethod
    def _is_offset(cls, value: str) -> str:
        parse_zone(value)
        return value

    @field_validator("mounts")
    @classmethod
    def _mount_paths(cls, value: dict[str, Mount]) -> dict[str, Mount]:
        for path in value:
            try:
                if canonical(path) != path:
                    raise ValueError(f"path {path!r} should be written {canonical(path)!r}")
            except PathError as error:
                raise ValueError(f"path {path!r} {error}") from None
        return value

    @model_validator(mode="after")
    def _hold_together(self) -> "Settings":
        if self.fence + 1 >= self.lease + self.grace:
            raise ValueError("fence must be shorter than lease + grace, or a job could run twice")
        if self.heartbeat * 2 > self.fence:
            raise ValueError("heartbeat must be at most half of fence, or one lost renewal ends every job")
        if self.listeners >= self.web_threads:
            raise ValueError("listeners must be below web_threads, or event streams starve the API")
        aliases = [tier.alias for tier in self.tiers]
        if len(set(aliases)) < len(aliases):
            raise ValueError("two tiers have the same alias")
        return self

    @model_validator(mode="after")
    def _fit_the_engine(self) -> "Settings":
        """What the engine would not read is refused: it would seem to be in force."""
        if self.engine == "alluxio":
            if self.alluxio is None:
                raise ValueError('alluxio: is missing; add [alluxio] with masters = ["host:19998"] to avio.toml')
            if self.mounts or self.tiers:
                raise ValueError("mounts and tiers are those of the cluster with engine alluxio; take them out")
        elif self.alluxio is not None:
            raise ValueError(f'[alluxio] has no effect with engine {self.engine}; set engine = "alluxio"')
        return self

    def web_address(self, host: str | None = None) -> str:
        """Return `host:port` of web as URLs have it, IPv6 in brackets; `host` in place of the one it listens on."""
        host = host or self.host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def engine_settings(self) -> dict[str, Any]:
        """Return what an engine is built from, as plain JSON with the secrets readable: for the order's pipe only."""
        return {
            "engine": self.engine,
            "mounts": {
                path: {"url": mount.url, "options": {name: readable(text) for name, text in mount.options.items()}}
                for path, mount in self.mounts.items()
            },
            "tiers": [{"alias": t.alias, "path": str(t.path), "capacity": int(t.capacity)} for t in self.tiers],
            **({} if self.alluxio is None else {"alluxio": self.alluxio.model_dump()}),
        }


def load(environ: dict[str, str] | None = None) -> Settings:
    """Return the settings of this process; `SettingsError` with every problem otherwise."""
    return load_with_origins(environ)[0]


def load_with_origins(environ: dict[str, str] | None = None) -> tuple[Settings, dict[str, str]]:
    """Return the settings and, for each field, where its value came from."""
    environ = dict(os.environ) if environ is None else environ
    problems: list[str] = []
    from_file, file = _read_file(environ, problems)
    from_env = _read_environment(environ, problems)
    try:
        faults.parse(environ.get("AVIO_FAULT", ""))
    except ValueError as error:
        problems.append(f"AVIO_FAULT: {error}")
    origins = dict.fromkeys(Settings.model_fields, "default")
    origins |= {name: str(file) for name in from_file if name in origins}
    origins |= {name: PREFIX + name.upper() for name in from_env}
    try:
        settings = Settings(**{**from_file, **from_env})
    except ValidationError as error:
        problems += [_explain(detail, origins) for detail in error.errors()]
    if problems:
        raise SettingsError(problems)
    return settings, origins


def _read_file(environ: dict[str, str], problems: list[str]) -> tuple[dict[str, Any], Path]:
    named = environ.get("AVIO_CONFIG")
    file = Path(named or "avio.toml")
    try:
        with open(file, "rb") as stream:
            return tomllib.load(stream), file
    except FileNotFoundError:
        if named:
            problems.append(f"AVIO_CONFIG: {file} does not exist; create it or unset the variable")
    except (OSError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{file}: {error}")
    return {}, file


def _read_environment(environ: dict[str, str], problems: list[str]) -> dict[str, Any]:
    """Return fields given as AVIO_*; tables come from the file alone."""
    tables = {"mounts", "tiers", "alluxio"}
    found = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in FOREIGN:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in tables:
            problems.append(f"{variable}: is a table; put it into avio.toml")
        elif name in Settings.model_fields:
            found[name] = text
        else:
            problems.append(f"{variable}: there is no such setting; avio-server check lists them")
    return found


def _explain(detail: Any, origins: dict[str, str]) -> str:
    path = [str(part) for part in detail["loc"]]
    message = str(detail["msg"]).removeprefix("Value error, ")
    if not path:
        return message
    origin = origins.get(path[0], "avio.toml")
    name = ".".join(path)
    if detail["type"] == "extra_forbidden":
        return f"{name}: there is no such setting; avio-server check lists them"
    return f"{name} (from {origin}): {message}"
