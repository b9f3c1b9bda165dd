"""What the cluster has, by the proxy's REST and by the files on the workers' disks. Knows nothing of avio."""

from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx2

from tests.servers.alluxio import Cluster

CALL_LIMIT = 60.0  # seconds


class Witness:
    """A client of its own, and the directories of the workers."""

    def __init__(self, cluster: Cluster) -> None:
        self._proxy = f"{cluster.settings['proxy']}/api/v1/paths"
        self._disks = [cluster.tiers(n) for n in cluster.hosts]
        self._http = httpx2.Client(timeout=CALL_LIMIT)

    def gone(self, path: str) -> list[str]:
        """Return the files below `path` that are not whole: by Alluxio's books, or since no disk has a block of it."""
        held = {block for disk in self._disks for block in _blocks(disk)}
        return [
            each["path"]
            for each in self._call(path, "list-status", {"recursive": True})
            if not each["folder"] and not (each["inAlluxioPercentage"] == 100 and held.issuperset(each["blockIds"]))
        ]

    def free(self, path: str) -> None:
        """Have the master free a file, as another program would."""
        self._call(path, "free", {})

    def _call(self, path: str, operation: str, body: dict[str, Any]) -> Any:
        reply = self._http.post(f"{self._proxy}/{quote(path)}/{operation}", json=body)
        assert reply.status_code == 200, reply.text
        return reply.json() if reply.content else None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()


def _blocks(disk: Path) -> set[int]:
    """Return the ids of the blocks on a worker's disk: each is a file with its id for a name."""
    return {int(file.name) for file in disk.glob("*/alluxioworker/*") if file.name.isdigit()}
