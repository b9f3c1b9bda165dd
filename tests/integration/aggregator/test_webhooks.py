"""Webhooks of a real aggregator: ends are told once in normal operation, and again after a death."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.db import orders, webhooks
from avio.db.order_models import Delivery
from avio.db.sql import change
from avio.wire.signatures import new_secret
from tests.contract.db import given
from tests.integration.aggregator.conftest import LIMIT, Aggregators
from tests.processes import wait_until
from tests.servers.receiver import Receiver, receiver

pytestmark = pytest.mark.faults

OPEN = {"AVIO_WEBHOOK_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def there(db: str) -> Iterator[Receiver]:
    with receiver() as made:
        webhooks.put(1, made.url, "cancelled", new_secret(), renew=False)
        yield made


def delivered() -> int:
    return Delivery.select().where(Delivery.delivered).count()


def test_two_aggregators_tell_each_end_once(aggregator: Aggregators, there: Receiver, tmp_path: Path) -> None:
    jobs = {given.job() for _ in range(8)}
    processes = [aggregator(**OPEN), aggregator(**OPEN)]
    log = tmp_path / "aggregator.log"
    wait_until(lambda: log.read_text().count("aggregator started") == 2, LIMIT, "both are up")
    for job in sorted(jobs):
        assert orders.cancel(job, "")

    wait_until(lambda: delivered() == len(jobs), LIMIT, "all ends are told")

    assert sorted(json.loads(got.body)["data"]["id"] for got in there.got) == sorted(jobs)
    for process in processes:
        process.terminate()
        assert process.wait(LIMIT) == 0


def test_an_end_that_an_aggregator_died_with_is_told_again_with_its_id(
    aggregator: Aggregators, there: Receiver
) -> None:
    job = given.job()
    assert orders.cancel(job, "")

    assert aggregator(AVIO_FAULT="aggregator.before-settle:kill", **OPEN).wait(LIMIT) == -9
    assert delivered() == 0
    change("UPDATE deliveries SET held_until = {now} - 1")  # the lease of the dead one is over
    aggregator(**OPEN)
    wait_until(lambda: delivered() == 1, LIMIT, "the end is told")

    assert [got.headers["webhook-id"] for got in there.got] == [job, job]
