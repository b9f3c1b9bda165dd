"""The table [alluxio]: the addresses of the cluster's parts.

Opens no connection.
"""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from avio.config.local import MountPath
from avio.config.size import Bandwidth
from avio.config.table import Table
from avio.config.urls import is_host, refuse_login, require_port, shown
from avio.wire.limits import MOST_BANDWIDTH

MASTER_PORT = 19998
WEB_PORT = 19999
JOB_MASTER_PORT = 20002


def _with_port(text: str) -> str:
    """Return `host:port`, with the usual port if `text` has none."""
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        port = 0
    if not is_host(parts.hostname or "") or parts.netloc != text or parts.username is not None or port == 0:
        raise ValueError(f"{shown(text)} is not an address; write host:{MASTER_PORT}")
    return text if port else f"{text}:{MASTER_PORT}"


def _base_url(text: str) -> str:
    """Return the URL without a final slash."""
    if not text.startswith(("http://", "https://")) or not urlsplit(text).hostname:
        raise ValueError(f"{shown(text)} is not a URL; write http://host:port")
    return require_port(refuse_login(text, "and let avio act as the setting user")).rstrip("/")


MasterAddress = Annotated[str, AfterValidator(_with_port)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Port = Annotated[int, Field(ge=1, le=65535)]


class AlluxioSpec(Table):
    """The addresses of a cluster, and the user that avio acts as."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    masters: list[MasterAddress] = Field(
        default_factory=list, description="gRPC addresses host:19998 of the masters; absent: avio uses the proxy alone."
    )
    web: list[BaseUrl] = Field(
        default_factory=list, description="URLs of the masters' web ports; absent: port 19999 of the masters."
    )
    job_master: list[BaseUrl] = Field(
        default_factory=list, description="URLs of the job masters' web ports; absent: port 20002 of the masters."
    )
    proxy: BaseUrl | None = Field(
        None, description="URL of the proxy, http://host:39999; needed where the masters' gRPC is unreachable."
    )
    user: str = Field(
        "alluxio", min_length=1, description="User that avio acts as; the user that Alluxio runs as may do everything."
    )
    auth: Literal["simple", "nosasl"] = Field(
        "simple", description="The same as alluxio.security.authentication.type of the cluster."
    )
    patience: Annotated[float, Field(ge=0, le=3600)] = Field(
        10.0, description="Seconds that avio repeats a call while the cluster does not answer."
    )
    bandwidth: Annotated[int, Field(gt=0, le=MOST_BANDWIDTH)] | None = Field(
        None, description="Bytes per second that each worker may load for one job; absent: no limit."
    )
    mount_bandwidths: dict[MountPath, Bandwidth] = Field(
        default_factory=dict,
        description="Bytes per second that all jobs on a mount of Alluxio together may move, by its path.",
    )
    worker_ports: list[Port] = Field(
        default_factory=list,
        description="gRPC and web ports of the workers, the only ones that job processes may connect to; absent: any.",
    )

    @model_validator(mode="before")
    @classmethod
    def _beside_the_masters(cls, table: object) -> object:
        """Derive the missing URLs from the masters."""
        if not isinstance(table, dict) or not isinstance(table.get("masters"), list):
            return table
        hosts = [host for text in table["masters"] if isinstance(text, str) and (host := _host(text))]
        usual = {"web": WEB_PORT, "job_master": JOB_MASTER_PORT}
        return {name: [f"http://{host}:{port}" for host in hosts] for name, port in usual.items()} | table

    @model_validator(mode="after")
    def _hold_together(self) -> "AlluxioSpec":
        if not self.masters and not (self.web and self.job_master and self.proxy):
            raise ValueError('needs masters = ["host:19998"], or all of web, job_master and proxy where gRPC is closed')
        return self


def _host(text: str) -> str:
    """Return the host of an address, as in a URL; "" if it is none, which is said of the master itself."""
    try:
        return _with_port(text).rpartition(":")[0]
    except ValueError:
        return ""
