"""The harness of the Alluxio engine: a bucket mounted at /data of a real cluster, and what the suite asks in vain."""

import time
import uuid
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx2
import obstore

from avio.engines.alluxio.clients.cluster import open_clients
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.status import Persistence, Status
from avio.engines.factory import open_engine
from avio.errors import EngineError, Gone, PathNotFound
from tests.contract.engines.harness import Harness
from tests.servers.alluxio import Cluster
from tests.servers.seaweed import S3Server

LIMIT = 60.0  # seconds until the cluster has done what it was told

# What Alluxio is not made for: test by test, why.
NOT_ALLUXIO = {
    "test_the_root_shows_the_mounts": "the root of Alluxio is a mount itself: it covers every path",
    "test_what_changed_in_the_bucket_is_stale_and_fetched_again": "Alluxio drops what is stale when it sees it",
    "test_what_is_dirty_is_never_overwritten": "Alluxio does not know the object at the place of an unsaved file",
    "test_what_is_stale_has_nothing_to_save": "Alluxio drops what is stale when it sees it",
    "test_what_was_deleted_in_the_bucket_is_not_saved_back": "Alluxio drops what vanished from the bucket",
    "test_what_changed_on_both_sides_is_overwritten_if_so_asked": "onConflict=overwrite is not declared",
    "test_overwrite_says_which_objects_a_save_replaces": "overwrite is not declared",
    "test_a_newer_file_replaces_its_object_and_an_older_one_does_not": "overwrite is not declared",
    "test_a_newer_file_whose_object_changed_too_is_refused_unless_asked_otherwise": "overwrite is not declared",
    "test_a_save_that_overwrites_always_puts_what_the_bucket_has_already": "overwrite is not declared",
    "test_a_save_that_replaces_nothing_says_what_would_replace_either_object": "overwrite is not declared",
    "test_an_engine_tells_which_objects_a_save_spares": "overwrite is not declared",
    "test_a_check_knows_each_kind_of_difference": "Alluxio drops what is stale when it sees it",
    "test_by_size_files_of_one_size_are_the_same": "Alluxio drops what is stale when it sees it",
    "test_a_full_tier_gives_way_to_the_next": "the tiers of a cluster can't be made for one test",
    "test_what_does_not_fit_fails_alone_if_so_asked": "Alluxio drops older blocks to make room",
}

# The same for what is missing where gRPC is closed.
NOT_BY_REST = {
    "test_new_and_changed_files_are_saved_and_then_cached": "a save by REST leaves no fingerprint, so that the next "
    "look into the bucket drops the cached copy",
}


class AlluxioHarness(Harness):
    """The engine over a cluster, whose mount /data is a bucket that each test has for itself."""

    def __init__(self, cluster: Cluster, server: S3Server, *, grpc: bool = True) -> None:
        settings = {"engine": "alluxio", "alluxio": cluster.settings}
        by_rest = {"masters": []} if not grpc else {}
        self.engine = open_engine({"engine": "alluxio", "alluxio": cluster.settings | by_rest})
        self._clients = open_clients(AlluxioSettings.from_settings(settings))
        assert self._clients.master is not None
        self._master = self._clients.master
        self._proxy = httpx2.Client(base_url=f"{cluster.settings['proxy']}/api/v1", timeout=60)
        bucket = f"engine-{uuid.uuid4().hex}"
        server.make_bucket(bucket)
        self._bucket = server.store(bucket)
        cluster.mount("/data", server, bucket)

    def close(self) -> None:
        """Take the mount away, with all that is cached of it."""
        self._call("/data", "unmount")
        self.engine.close()
        self._clients.close()
        self._proxy.close()

    plenty = 200

    def name(self, path: str) -> str:
        return path.replace("?", "!")

    def put_bucket(self, path: str, content: bytes) -> None:
        """Put an object, and have Alluxio see it; a forced look at an unsaved file of that name would drop the file."""
        obstore.put(self._bucket, path.removeprefix("/data/"), content)
        known = self._status(path)
        if known is None or known.persistence is Persistence.PERSISTED:
            self._master.status(path, sync=True)

    def read_bucket(self, path: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._bucket, path.removeprefix("/data/")).bytes())
        except FileNotFoundError:
            return None

    def drop_bucket(self, path: str) -> None:
        obstore.delete(self._bucket, path.removeprefix("/data/"))

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
        while any(block.locations for block in self._master.status(path).blocks) or self._is_held(before):
            assert time.monotonic() < deadline, f"{path} is still there"
            time.sleep(0.05)

    def temporaries(self) -> list[str]:
        return [each["path"] for page in obstore.list(self._bucket) for each in page if ".alluxio_ufs" in each["path"]]

    def _is_held(self, status: Status) -> bool:
        """Tell whether a worker has a block of the file, whatever the master knows."""
        for block in status.blocks:
            for place in block.locations:
                with suppress(Gone, EngineError):
                    return any(self._clients.workers.read(place.worker, block.id, block.length))
        return False

    def _status(self, path: str) -> Status | None:
        try:
            return self._master.status(path)
        except PathNotFound:
            return None

    def _call(self, path: str, operation: str, params: dict[str, str] | None = None, body: Any = None) -> Any:
        reply = self._proxy.post(f"/paths/{quote(path)}/{operation}", params=params, json=body or {})
        assert reply.status_code == 200, reply.text
        return reply.json() if reply.content else None
