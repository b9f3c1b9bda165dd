"""The shapes of the replies about worker nodes and mounts; otherwise as `avio.api.responses`. Run by web alone."""

from typing import Literal

from pydantic import Field

from avio.api.shapes import Reply
from avio.wire.states import State


class RunningJob(Reply):
    """A job that a node has. `path` is null if it names several, or a file list."""

    id: str
    name: str
    uid: int
    type: Literal[0, 1, 2, 3, 4, 5]
    status: State
    path: str | None
    node: str


class NodeInfo(Reply):
    """A worker node. `busy` of its `slots` have jobs; `jobs` are those of them that the caller may see."""

    name: str
    state: Literal["active", "draining", "silent", "lost"]
    slots: int
    busy: int
    start_time: str
    seen_time: str
    lease_seconds: float = Field(description="The rest of its lease, by the database's clock. Below 0 it is over.")
    jobs: list[RunningJob]


class NodeList(Reply):
    """All worker nodes, by name."""

    nodes: list[NodeInfo]


class MountInfo(Reply):
    """A mount, and whether its store answers. `running` counts jobs at, above or below it."""

    path: str
    kind: str = Field(description="What is mounted: the scheme of its URL, such as s3 or file, or alluxio.")
    url: str | None = Field(description="For admins: its URL, without user, password and query.")
    state: Literal["ok", "unavailable", "unknown"]
    reason: str | None
    message: str
    running: int
    jobs: list[RunningJob]


class MountList(Reply):
    """All mounts, by path."""

    mounts: list[MountInfo]
