"""The stream of orders on the quiet mount: preloads and saves of new trees, some cancelled, some poison, some watched.

Each order, on any mount, is sent with an Idempotency-Key until it is accepted, whatever dies meanwhile; some twice.
"""

import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2

from avio.client import follow
from avio.client.errors import ClientError
from chaos import trees
from chaos.node import POISON
from chaos.world import World
from tests.e2e.terminal import Terminal

IN_FLIGHT = 4
ACCEPT_LIMIT = 120.0  # seconds
FOLLOW_LIMIT = 400.0
MOUNT = "data"
SAVES = ("save", "push", "edit")


@dataclass(slots=True)
class Ordered:
    """An order that was accepted. Times are seconds since the epoch."""

    job: str
    key: str
    kind: str
    tree: str
    files: int
    mount: str = MOUNT
    sent_at: float = 0.0
    keys: tuple[str, ...] = ()  # the files to save on the hostile mount
    checked: bool = False  # it compares checksums
    replies: int = 1
    cancelled_at: float | None = None
    seen: list[dict[str, Any]] = field(default_factory=list)


class Orders:
    """A user who orders on and on, until `end`."""

    def __init__(self, world: World, user: Terminal, random_: random.Random) -> None:
        self.accepted: list[Ordered] = []
        self.doubled: list[str] = []
        self.refused: list[str] = []
        self._world, self._user, self._random = world, user, random_
        self._http = httpx2.Client(
            base_url=user.url, headers={"Authorization": f"QBox {user.token}"}, timeout=httpx2.Timeout(20, connect=2)
        )
        self._over = threading.Event()
        self._number = 0
        self._watching: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._work, name="orders")
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Order from a thread."""
        self._thread.start()

    def end(self) -> None:
        """Order no more."""
        self._over.set()
        self._thread.join()

    def stop_watching(self, limit: float) -> None:
        """Return when all who watch have seen the end, or `limit` seconds later."""
        deadline = time.monotonic() + limit
        for thread in self._watching:
            thread.join(max(0.0, deadline - time.monotonic()))

    def place(self, kind: str, files: int) -> Ordered | None:
        """Order a job of a new tree; None when nobody accepted it."""
        name = self.name(kind)
        trees.plant(self._world.tier / MOUNT if kind == "save" else self._world.bucket, name, files)
        return self.send(kind, name, files)

    def name(self, kind: str) -> str:
        """Return a name that no tree has yet."""
        with self._lock:
            self._number += 1
            return f"{kind}{self._number:04}"

    def send(self, kind: str, tree: str, files: int, mount: str = MOUNT, **params: Any) -> Ordered | None:
        """Order a job of a tree that is there; None when nobody accepted it. A `kind` in SAVES is a save."""
        with self._lock:
            self._number += 1
            key = f"key-{tree}-{self._number}"
            twice = self._random.random() < 0.2
        path = "/save" if kind in SAVES else "/preload"
        body = {"name": tree, "params": {"alluxioUri": f"/{mount}/{tree}", **params}}
        sent_at = time.time()
        job = self._post(path, body, key)
        if job is None:
            return None
        made = Ordered(job, key, kind, tree, files, mount, sent_at)
        if twice:
            again = self._post(path, body, key)
            made.replies += again is not None
            if again not in (None, job):
                self.doubled.append(f"{key}: {job} and {again}")
        self.accepted.append(made)
        return made

    def unfinished(self, mount: str) -> int:
        """Return how many accepted jobs on a mount have not ended."""
        rows = self._world.ask("SELECT id FROM jobs WHERE finished_at IS NULL")
        return len({job for (job,) in rows} & {order.job for order in self.accepted if order.mount == mount})

    def free(self, path: str) -> bool:
        """Drop a directory from the cache. Return False if that did not work."""
        with suppress(httpx2.TransportError):
            return self._http.post("/free", json={"alluxioUri": path, "recursive": True}).is_success
        return False

    def _work(self) -> None:
        while not self._over.wait(self._random.uniform(0.2, 1.0)):
            if self.unfinished(MOUNT) >= IN_FLIGHT:
                continue
            kind = self._random.choices(["preload", "long", "save", POISON], [10, 5, 4, 1])[0]
            files = {"long": 1500, POISON: 4}.get(kind, self._random.randint(100, 300))
            made = self.place(kind, files)
            if made is None:
                continue
            if kind == "long" and self._random.random() < 0.4:
                self._share(made)
            if kind in ("preload", "long") and self._random.random() < 0.12:
                self._begin(self._cancel, made, self._random.uniform(0, 3))
            elif self._random.random() < 0.25:
                self._begin(self._watch, made)

    def _share(self, made: Ordered) -> None:
        """Order the same tree once more at once. Perhaps that job is cancelled, which must not harm the other."""
        again = self.send(made.kind, made.tree, made.files)
        if again is not None and self._random.random() < 0.5:
            self._begin(self._cancel, again, self._random.uniform(0, 3))

    def _begin(self, work: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._watching.append(thread)
        thread.start()

    def _cancel(self, made: Ordered, after: float) -> None:
        time.sleep(after)
        for _ in range(100):
            with suppress(httpx2.TransportError):
                reply = self._http.post(f"/jobs/{made.job}/cancel", json={})
                if reply.is_success:
                    made.cancelled_at = time.time()
                if reply.status_code < 500:
                    return
            time.sleep(0.3)

    def _watch(self, made: Ordered) -> None:
        with suppress(ClientError), self._user.client() as client:
            for info in follow(client, made.job, limit=FOLLOW_LIMIT):
                made.seen.append({"status": info["status"], "version": info["version"]})

    def _post(self, path: str, body: dict[str, Any], key: str) -> str | None:
        reply = self.request("POST", path, body, key)
        return None if reply is None else str(reply["id"])

    def request(self, method: str, path: str, body: dict[str, Any], key: str = "") -> dict[str, Any] | None:
        """Send a request until it is accepted, and return the reply; None when nobody accepted it."""
        headers = {"Idempotency-Key": key} if key else {}
        give_up = time.monotonic() + ACCEPT_LIMIT
        while time.monotonic() < give_up:
            with suppress(httpx2.TransportError):
                reply = self._http.request(method, path, json=body, headers=headers)
                if reply.is_success:
                    return dict(reply.json())
                if reply.status_code < 500:
                    self.refused.append(f"{path} {body}: {reply.status_code} {reply.text}")
                    return None
            time.sleep(0.3)
        return None
