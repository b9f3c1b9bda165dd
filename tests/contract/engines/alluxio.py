"""The harness of the Alluxio engine: a bucket mounted at /data of a real cluster, and what the suite asks in vain."""

import itertools
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from avio.engines.alluxio.clients import open_clients
from avio.engines.alluxio.settings import AlluxioSettings
from avio.engines.alluxio.status import Status
from avio.engines.opening import open_engine
from avio.errors import EngineError, Gone, PathNotFound
from tests.contract.engines.harness import Harness
from tests.servers.alluxio import Cluster

LIMIT = 20.0  # seconds until the cluster has done what it was told

_ticks = itertools.count(1)

# What Alluxio is not made for: test by test, why.
NOT_ALLUXIO = {
    "test_the_root_shows_the_mounts": "the root of Alluxio is a mount itself: it covers every path",
    "test_pages_of_all_levels_have_everything_once_and_in_order": "a '?' in a name can't be addressed in Alluxio",
    "test_pages_go_as_deep_as_asked": "a '?' in a name can't be addressed in Alluxio",
    "test_a_walk_goes_as_deep_as_asked": "a '?' in a name can't be addressed in Alluxio",
    "test_what_changed_in_the_bucket_is_stale_and_fetched_again": "Alluxio drops what is stale when it sees it",
    "test_what_is_stale_has_nothing_to_save": "Alluxio drops what is stale when it sees it",
    "test_what_vanished_from_the_bucket_is_saved_again": "Alluxio drops what vanished from the bucket",
    "test_what_changed_on_both_sides_is_overwritten_if_so_asked": "onConflict=overwrite is not declared",
    "test_a_full_tier_gives_way_to_the_next": "the tiers of a cluster can't be made for one test",
    "test_what_does_not_fit_fails_alone_if_so_asked": "Alluxio drops older blocks to make room",
}


class AlluxioHarness(Harness):
    """The engine over a cluster, whose mount /data is a directory that each test has for itself."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        settings = {"engine": "alluxio", "alluxio": cluster.settings}
        self.engine = open_engine(settings)
        self._clients = open_clients(AlluxioSettings.from_settings(settings))
        assert self._clients.master is not None
        self._master = self._clients.master
        self._proxy = httpx.Client(base_url=f"{cluster.settings['proxy']}/api/v1", timeout=60)
        self._bucket = directory / "bucket"
        self._bucket.mkdir()
        self._call("/data", "mount", {"src": str(self._bucket)})

    def close(self) -> None:
        """Take the mount away, with all that is cached of it."""
        self._call("/data", "unmount")
        self._clients.close()
        self._proxy.close()

    def put_bucket(self, path: str, content: bytes) -> None:
        self._put(path, content)
        self._master.sync("/data")

    def put_all(self, paths: Iterable[str], content: bytes = b"content") -> None:
        for path in paths:
            self._put(path, content)
        self._master.sync("/data")

    def read_bucket(self, path: str) -> bytes | None:
        return self._file(path).read_bytes() if self._file(path).exists() else None

    def drop_bucket(self, path: str) -> None:
        self._file(path).unlink()

    def put_cache(self, path: str, content: bytes) -> None:
        """Write as a training job would, through Alluxio: what is there is deleted first, on both sides."""
        if self._status(path) is not None:
            self._call(path, "delete")
        options = {"recursive": True, "writeType": "MUST_CACHE"}
        stream = self._call(path, "create-file", body=options)
        self._proxy.post(f"/streams/{stream}/write", content=content).raise_for_status()
        self._proxy.post(f"/streams/{stream}/close").raise_for_status()

    def read_cache(self, path: str) -> bytes | None:
        status = self._status(path)
        if status is None or not all(block.locations for block in status.blocks):
            return None
        return b"".join(
            b"".join(self._clients.workers.read(block.locations[0].worker, block.id, block.length))
            for block in status.blocks
        )

    def drop_cache(self, path: str) -> None:
        """Free a file, and wait until its worker has dropped the blocks."""
        before = self._status(path)
        assert before is not None
        self._master.free(path, recursive=False)
        deadline = time.monotonic() + LIMIT
        while any(self._is_held(before, number) for number in range(len(before.blocks))):
            assert time.monotonic() < deadline, f"{path} is still there"
            time.sleep(0.05)

    def temporaries(self) -> list[str]:
        return [str(file) for file in self._bucket.rglob("*") if ".alluxio_ufs" in str(file)]

    def _is_held(self, status: Status, number: int) -> bool:
        block = status.blocks[number]
        try:
            for place in block.locations:
                list(self._clients.workers.read(place.worker, block.id, block.length))
        except (Gone, EngineError):
            return False
        return True

    def _put(self, path: str, content: bytes) -> None:
        file = self._file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        seconds = file.stat().st_mtime + next(_ticks)  # Alluxio tells two versions by length and time
        os.utime(file, (seconds, seconds))

    def _file(self, path: str) -> Path:
        return self._bucket / path.removeprefix("/data/")

    def _status(self, path: str) -> Status | None:
        try:
            return self._master.status(path)
        except PathNotFound:
            return None

    def _call(self, path: str, operation: str, params: dict[str, str] | None = None, body: Any = None) -> Any:
        reply = self._proxy.post(f"/paths/{quote(path)}/{operation}", params=params, json=body or {})
        assert reply.status_code == 200, reply.text
        return reply.json() if reply.content else None
