"""What a job process can do to the stream of events with its rights in Redis: progress suffers, no result does."""

import time
from contextlib import suppress

import pytest
import redis

from avio.admin.redis_acl_roles import EXECUTOR
from avio.streams import EVENTS_KEY
from tests.process.site import Site
from tests.processes import wait_until

pytestmark = pytest.mark.faults

EMPTY = ("XADD", EVENTS_KEY, "MAXLEN", "0", "*", "x", "y")
LAST_ID = ("XADD", EVENTS_KEY, "18446744073709551615-18446744073709551615", "x", "y")


def test_the_attacks_are_all_that_a_job_process_may_send() -> None:
    assert (EXECUTOR.keys, EXECUTOR.commands) == ((EVENTS_KEY,), "xadd")


@pytest.mark.parametrize("attack", [EMPTY, LAST_ID])
def test_a_job_process_that_empties_or_ends_the_stream_costs_no_result(
    site_with_redis: Site, attack: tuple[str, ...]
) -> None:
    site = site_with_redis
    site.fill(60)
    site.aggregator()
    site.supervisor(AVIO_FAULT="download.publish:delay:0.2")
    job = site.order()
    wait_until(lambda: len(site.cached()) > 5, 40, "some files are there")

    with redis.Redis.from_url(site.redis_url) as client:
        while site.row(job)["state"] != "succeeded":
            with suppress(redis.ResponseError):  # no id is left
                client.execute_command(*attack)
            assert site.row(job)["state"] in ("running", "succeeded")
            time.sleep(0.1)

    row = site.row(job)
    assert (row["attempt"], row["files_done"], row["files_failed"], row["verified_files"]) == (1, 60, 0, 60)
    site.assert_all_cached(60)
    later = site.wait_for_end(site.order())
    assert (later["state"], later["verified_files"]) == ("succeeded", 60)
