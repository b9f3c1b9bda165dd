"""What an e2e test plays on: a whole server on real parts, its bucket, its cache, and a user at a terminal."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from obstore.store import ObjectStore

from tests.e2e.file_trees import Cache
from tests.e2e.procfile_cluster import Cluster
from tests.e2e.terminal import Terminal
from tests.servers.valkey import Valkey


@dataclass(frozen=True)
class Stage:
    """A running server with the bucket at /data, a cache before it, and a user who is logged in."""

    cluster: Cluster
    bucket: ObjectStore
    cache: Cache
    valkey: Valkey
    user: Terminal


Make = Callable[..., AbstractContextManager[Stage]]
