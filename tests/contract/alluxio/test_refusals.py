"""A worker that has no room for a batch at the moment: the batch waits and is given again."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.alluxio.errors import Exhausted
from avio.engines.alluxio.status import Address
from avio.engines.alluxio.worker import BlockFailure, LoadBlock, Workers
from avio.engines.base import MoveOptions, Side
from avio.wire.results import Outcome
from tests.contract.alluxio.trees import Tree
from tests.contract.engines.harness import Attempt
from tests.servers.alluxio import Cluster

pytestmark = pytest.mark.alluxio

REFUSALS = 5


@pytest.fixture
def engine(alluxio_cluster: Cluster) -> Iterator[AlluxioEngine]:
    """The engine on the cluster."""
    made = AlluxioEngine.from_settings({"alluxio": alluxio_cluster.settings})
    yield made
    made.close()


def test_a_batch_that_a_full_worker_refuses_is_given_again_and_all_is_cached(
    engine: AlluxioEngine, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.put(*(f"f{n}" for n in range(8)), size=200_000)
    calls = itertools.count()
    load = Workers.load

    # Stands in for a worker whose queue is full, which can't be had at will; behind it is the real one.
    def load_when_there_is_room(
        self: Workers, worker: Address, blocks: Sequence[LoadBlock], **options: Any
    ) -> list[BlockFailure]:
        if next(calls) < REFUSALS:
            raise Exhausted("the worker's queue is full")
        return load(self, worker, blocks, **options)

    monkeypatch.setattr(Workers, "load", load_when_there_is_room)

    moved = list(engine.preload(engine.walk(tree.path, depth=None, side=Side.BUCKET), MoveOptions(), Attempt()))

    assert {each.outcome for each in moved} == {Outcome.DONE}
    assert next(calls) > REFUSALS
    tree.wait_until_cached(100)
