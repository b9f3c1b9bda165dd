"""Cached files and jobs of two users and an admin, for the tests on frees."""

import json
from typing import Any

import pytest

from avio.db import orders
from avio.engines.base import Side
from avio.engines.memory import MemoryEngine
from avio.engines.tier import Freed
from avio.errors import Forbidden
from avio.executor.attempt import Attempt
from avio.rules import free as rules
from avio.rules.callers import Caller
from avio.rules.jobs import Service
from avio.rules.places import MountPlaces
from avio.rules.types import Job
from avio.wire.params import Params
from tests.contract.db import given

ADA, BOB, ROOT = Caller(1, "ada", False), Caller(2, "bob", False), Caller(3, "root", True)
FILES = ("/data/d/a", "/data/d/e/b", "/data/d0", "/data/other")


class World:
    """An engine with all of its files cached, and a service over it."""

    def __init__(self) -> None:
        self.engine = MemoryEngine(["/data"])
        for path in FILES:
            self.engine.put_bucket(path, b"1234")
        self.fill()
        self.service = Service(self.engine, lambda job: None, MountPlaces(self.engine), queued_max=3)

    def fill(self) -> None:
        """Put all files into the cache."""
        entries = self.engine.walk("/data", depth=None, side=Side.BUCKET)
        assert len(list(self.engine.preload(entries, Params(), Attempt("j", 1)))) == len(FILES)

    def free(self, caller: Caller, path: str, *, recursive: bool = True, **options: Any) -> Freed | Job:
        """Free `path`."""
        return rules.free(self.service, caller, path, recursive=recursive, **options)


def job(
    uid: int,
    path: str | None,
    state: str = "succeeded",
    type_: int = 1,
    depth: int | None = None,
    files: int = 1,
    *,
    begun: bool = True,
) -> str:
    """A job of a user in any state, with files in place; `path` None means a file list.

    One that is not `begun` never had an attempt.
    """
    params = Params(path, depth=depth, from_file_list=path is None, file_list_id=None if path else given.file_list(uid))
    made, _ = orders.insert(orders.NewJob(uid, "", type_, json.dumps(params.to_json())))
    if state in ("starting", "running", "stopping"):
        given.claim(made.id)
    ended = {"finished_at": 1.0} if state in ("succeeded", "partial", "failed", "cancelled") else {}
    started = {"started_at": 0.5} if ended and begun else {}
    given.set_row(made.id, state=state, files_done=files, **ended, **started)
    return str(made.id)


def refusal(world: World, path: str, **options: Any) -> str:
    """What Ada is told; all is cached as before."""
    with pytest.raises(Forbidden) as refused:
        world.free(ADA, path, **options)
    assert set(world.engine.cache) == set(FILES)
    assert refused.value.cure
    return refused.value.message
