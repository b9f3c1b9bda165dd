"""Half a cluster: which half is away is named, with its own cure, and what can go on goes on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.members import require
from avio.errors import AvioError, EngineAway
from avio.rules.engine_health import EngineHealth
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.alluxio.cluster_files import Tree
from tests.contract.alluxio.moves import preload
from tests.processes import wait_until
from tests.servers.alluxio import Cluster

pytestmark = pytest.mark.alluxio

CLOSED = "127.0.0.1:1"  # nobody listens there
WAIT = 30.0  # seconds
WORKERS = "Alluxio's workers"


@contextmanager
def opened(cluster: Cluster, **changes: object) -> Iterator[AlluxioEngine]:
    made = AlluxioEngine.from_settings({"alluxio": cluster.settings | {"patience": 1.0} | changes})
    try:
        yield made
    finally:
        made.close()


def missing(engine: AlluxioEngine) -> dict[str, AvioError]:
    return {member.name: error for member, error in EngineHealth(engine).state(WAIT).missing}


def test_a_whole_cluster_misses_nothing(alluxio_cluster: Cluster) -> None:
    with opened(alluxio_cluster) as engine:
        assert missing(engine) == {}
        require(engine.members())


@pytest.mark.parametrize(
    ("changes", "name", "serves"),
    [
        ({"masters": [CLOSED]}, "Alluxio's master", False),
        ({"web": [f"http://{CLOSED}"]}, "the web port of Alluxio's master", True),
        ({"job_master": [f"http://{CLOSED}"]}, "Alluxio's job service", True),
        ({"proxy": f"http://{CLOSED}"}, "Alluxio's proxy", True),
    ],
)
def test_a_wrong_address_is_named_and_nothing_else_is(
    alluxio_cluster: Cluster, changes: dict[str, object], name: str, serves: bool
) -> None:
    with opened(alluxio_cluster, **changes) as engine:
        state = EngineHealth(engine).state(WAIT)

        ((member, error),) = state.missing
        assert (member.name, state.serves) == (name, serves)
        assert CLOSED in error.message
        assert "workers" not in error.cure, "the workers are well"


def test_workers_that_are_dead_are_named_as_such(alluxio_cluster: Cluster) -> None:
    alluxio_cluster.kill("worker")
    try:
        with opened(alluxio_cluster) as engine:
            wait_until(
                lambda: missing(engine).keys() == {"Alluxio's workers"}, 60, "the master knows that it is silent"
            )
            assert missing(engine)["Alluxio's workers"].cure == "start Alluxio's workers"
            require(engine.members())  # listings go on
    finally:
        alluxio_cluster.start("worker")


@pytest.mark.usefixtures("removed_afterwards")
def test_without_the_masters_web_port_a_preload_goes_on_and_tiers_are_refused(
    alluxio_cluster: Cluster, tree: Tree
) -> None:
    tree.put(*(f"f{no}" for no in range(5)), size=1000)
    with opened(alluxio_cluster, web=[f"http://{CLOSED}"]) as engine:
        began = time.monotonic()
        assert len(engine.list(tree.path, depth=1, size=10).entries) == 5
        assert time.monotonic() - began < 10

        engine.admit(Params())
        assert {each.outcome for each in preload(engine, tree.path)} == {Outcome.DONE}
        with pytest.raises(EngineAway, match=CLOSED):
            engine.capacity()
