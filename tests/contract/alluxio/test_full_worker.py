"""What passes: a worker without room, a master that does not know its workers or its files yet. All is cached."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from avio.engines.alluxio.clients.errors import Exhausted
from avio.engines.alluxio.clients.status import Address, Status
from avio.engines.alluxio.clients.worker import BlockFailure, LoadBlock, Workers
from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.alluxio.view.lookup import Lookup
from avio.wire.results import Outcome
from tests.contract.alluxio.cluster_files import Tree
from tests.contract.alluxio.moves import at_first, preload
from tests.servers.alluxio import Cluster

pytestmark = pytest.mark.alluxio

REFUSALS = 5
UNKNOWN = 9  # more calls than a block that fails has tries


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

    # Stands in for a worker whose queue is full, which can't be had at will; behind it is the real one.
    def refuse(load: Callable[..., Any], *arguments: Any, **options: Any) -> list[BlockFailure]:
        raise Exhausted("the worker's queue is full")

    calls = at_first(monkeypatch, Workers, "load", REFUSALS, refuse)

    moved = preload(engine, tree.path)

    assert {each.outcome for each in moved} == {Outcome.DONE}
    assert next(calls) > REFUSALS
    tree.wait_until_cached(100)


def test_a_worker_that_a_restarted_master_does_not_know_yet_is_asked_again(
    engine: AlluxioEngine, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.put(*(f"f{n}" for n in range(8)), size=200_000)

    # Stands in for the moment after a master's restart; behind it is the real worker.
    def be_unknown(
        load: Callable[..., Any], workers: Workers, worker: Address, blocks: Sequence[LoadBlock], **options: Any
    ) -> list[BlockFailure]:
        return [BlockFailure(block.id, "NOT_FOUND", "No worker with workerId 7 is found", True) for block in blocks]

    at_first(monkeypatch, Workers, "load", UNKNOWN, be_unknown)

    moved = preload(engine, tree.path)

    assert [each.error for each in moved] == [None] * 8
    tree.wait_until_cached(100)


def test_files_that_a_killed_master_forgot_are_looked_up_in_the_bucket_and_loaded(
    engine: AlluxioEngine, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.put(*(f"f{n}" for n in range(8)), size=200_000)
    forgotten = set(tree.files)
    statuses = Lookup.statuses

    # Stands in for a master that came back without its last entries: each file is unknown once.
    def statuses_without_the_last(self: Lookup, paths: Sequence[str]) -> dict[str, Status | None]:
        found = statuses(self, paths)
        lost = forgotten.intersection(paths)
        forgotten.difference_update(lost)
        return found | dict.fromkeys(lost)

    monkeypatch.setattr(Lookup, "statuses", statuses_without_the_last)

    moved = preload(engine, tree.path)

    assert [each.error for each in moved] == [None] * 8
    assert not forgotten
    tree.wait_until_cached(100)
