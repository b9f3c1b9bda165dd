"""What is cached, by two sources that know nothing of avio: the master over the proxy, and each worker's REST."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx2

from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.status import Address
from avio.engines.alluxio.clients.worker import Workers
from avio.errors import EngineError
from tests.processes import wait_until
from tests.servers.alluxio import Cluster

EMPTY_LIMIT = 180.0  # seconds
HEARTBEATS = 2.5  # seconds after which master and workers have told each other everything


class Books:
    """The readings of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.settings = cluster.settings
        self._http = httpx2.Client(timeout=120)
        self._workers = Workers(AlluxioSettings.from_settings({"alluxio": cluster.settings}))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._workers.close()

    def call(self, path: str, operation: str, body: dict[str, Any] | None = None) -> Any:
        """Make a file call of the proxy."""
        reply = self._http.post(f"{self.settings['proxy']}/api/v1/paths/{quote(path)}/{operation}", json=body or {})
        assert reply.status_code == 200, reply.text
        return reply.json() if reply.content else None

    def files(self, path: str) -> list[dict[str, Any]]:
        """Return what the master says of each file below `path`."""
        return [each for each in self.call(path, "list-status", {"recursive": True}) if not each["folder"]]

    def percents(self, path: str) -> dict[int, int]:
        """Return how many files are cached to how many percent."""
        return dict(Counter(each["inAlluxioPercentage"] for each in self.files(path)))

    def replicas(self, path: str) -> dict[str, int]:
        """Return the bytes of each tier by the master's books, every replica counted."""
        found: Counter[str] = Counter()
        for block in self._blocks(path):
            for place in block["locations"]:
                found[place["tierAlias"]] += block["length"]
        return dict(found)

    def hosts(self, path: str) -> set[str]:
        """Return the hosts of the workers that hold blocks of `path` by the master's books."""
        return {place["workerAddress"]["host"] for block in self._blocks(path) for place in block["locations"]}

    def bytes_on(self, host: str, path: str) -> int:
        """Return the bytes of `path` that a worker holds by the master's books."""
        return sum(
            block["length"]
            for block in self._blocks(path)
            if any(place["workerAddress"]["host"] == host for place in block["locations"])
        )

    def held(self) -> dict[str, int]:
        """Return the bytes of each tier by the books of the workers that answer."""
        found: Counter[str] = Counter()
        for n, host in self.cluster.hosts.items():
            with suppress(httpx2.TransportError):
                reply = self._http.get(f"http://{host}:{self.cluster.port('worker.web', n)}/api/v1/worker/info")
                found.update({alias: use["used"] for alias, use in reply.json()["tierCapacity"].items()})
        return {alias: used for alias, used in found.items() if used}

    def strangers(self, path: str) -> set[str]:
        """Return the files with cached bytes that are not below `path`."""
        cached = {each["path"] for each in self.files("/") if each["length"] and each["inAlluxioPercentage"]}
        return {each for each in cached if not each.startswith(f"{path}/")}

    def empty(self, path: str) -> None:
        """Drop all of `path` from the cache, and what Alluxio's own free leaves behind of it or refuses."""
        for each in self.files(path):
            if not each["persisted"]:
                self.call(each["path"], "delete")
        blocks = self._blocks(path)
        self.call(path, "free", {"recursive": True})
        time.sleep(HEARTBEATS)
        if self.held():
            with ThreadPoolExecutor(16) as pool:
                list(pool.map(lambda block: self._remove(block["blockId"]), blocks))
        wait_until(lambda: not self.replicas(path), EMPTY_LIMIT, f"{path} to be out of the cache")

    def empty_all(self) -> None:
        """Drop all from the cache. A worker tells the master of blocks that no file has only when it starts again."""
        self.empty("/")
        if self.held():
            for n in self.cluster.hosts:
                self.cluster.restart("worker", n)
        wait_until(lambda: not self.held(), EMPTY_LIMIT, "the workers to hold nothing")

    def _remove(self, block: int) -> None:
        for n, host in self.cluster.hosts.items():
            with suppress(EngineError):
                self._workers.remove(Address(host, self.cluster.port("worker.rpc", n)), block)

    def _blocks(self, path: str) -> list[dict[str, Any]]:
        return [block["blockInfo"] for each in self.files(path) for block in each["fileBlockInfos"]]


def toml(table: dict[str, Any]) -> str:
    """Return an avio.toml for the engine alluxio."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in table.items() if value is not None]
    return "\n".join(['engine = "alluxio"', "[alluxio]", *lines])
