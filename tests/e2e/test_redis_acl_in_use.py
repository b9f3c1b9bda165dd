"""A whole server whose processes have the users of `avio-server redis-acl`: all works, and nothing else is allowed."""

from collections.abc import Iterator

import pytest
import redis

from avio.admin.redis_acl_roles import EXECUTOR, ROLES
from avio.streams import EVENTS_KEY
from tests.e2e.file_trees import small_files, upload
from tests.e2e.running_server import Make, Stage
from tests.processes import wait_until
from tests.servers.seaweed import S3Server

pytestmark = pytest.mark.faults

TREE = small_files(300, "train")
LONG = small_files(2000, "long")


@pytest.fixture(scope="module")
def stage(make_stage: Make, seaweed_server: S3Server) -> Iterator[Stage]:
    with make_stage(seaweed_server, nodes=("n1",), fault="download.temporary:delay:0.05", least_rights=True) as made:
        upload(made.bucket, TREE)
        upload(made.bucket, LONG)
        yield made


@pytest.fixture
def tester(stage: Stage) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(stage.valkey.url, decode_responses=True) as client:
        client.execute_command("ACL LOG RESET")
        yield client


def denied(tester: redis.Redis) -> list[tuple[str, str, str]]:
    """Return user, reason and what of everything that was denied."""
    return [(entry["username"], entry["reason"], entry["object"]) for entry in tester.acl_log()]


def test_a_preload_is_watched_to_its_end_and_nothing_is_denied(stage: Stage, tester: redis.Redis) -> None:
    seen = stage.user.watch(stage.user.order("preload", "/data/train"))

    assert seen[-1]["status"] == "succeeded"
    assert (
        len({info["progress"]["done"]["files"] for info in seen}) > 2
    )  # by events of the job process, over the stream
    assert stage.cache.holds(TREE)
    tester.acl_setuser("nobody", enabled=False)  # the list of denials is real: one is made
    with pytest.raises(redis.RedisError):
        redis.Redis.from_url(f"redis://nobody:x@{stage.valkey.place}").ping()
    assert [user for user, *_ in denied(tester)] == ["nobody"]
    tester.acl_deluser("nobody")


def test_a_running_job_is_cancelled_and_nothing_is_denied(stage: Stage, tester: redis.Redis) -> None:
    job = stage.user.order("preload", "/data/long")
    wait_until(lambda: len(stage.cache.names("long")) > 20, 20, "some files in the cache")

    assert stage.user.json("cancel", job, "--wait")["status"] == "cancelled"
    assert denied(tester) == []


def test_hints_are_what_begins_jobs_and_none_is_left(stage: Stage, tester: redis.Redis) -> None:
    tester.config_resetstat()

    stage.user.json("preload", "/data/train", "--wait")

    told = tester.info("commandstats")
    assert told["cmdstat_rpush"]["calls"] > 0
    assert told["cmdstat_blmove"]["calls"] > 0
    wait_until(lambda: tester.keys("rq:job:*") == [], 10, "no hint is left")
    assert denied(tester) == []


def test_the_user_of_a_job_process_can_add_events_and_nothing_else(stage: Stage, tester: redis.Redis) -> None:
    url = f"redis://{EXECUTOR.name}:the password of executor@{stage.valkey.place}"
    with redis.Redis.from_url(url, driver_info=None) as executor:
        assert executor.xadd(EVENTS_KEY, {"event": "x"})
        told = tester.acl_getuser(EXECUTOR.name)
        assert (told["commands"], told["keys"]) == (["+ping", "+hello", "+auth", "+xadd"], [f"~{EVENTS_KEY}"])
        assert told["categories"] == ["-@all"]
        for attempt in (
            lambda: executor.xadd("avio:other", {"event": "x"}),
            lambda: executor.rpush("rq:queue:avio", "x"),
            lambda: executor.hset("rq:job:x", "data", "x"),
            lambda: executor.xrange(EVENTS_KEY),
            lambda: executor.delete(EVENTS_KEY),
            lambda: executor.publish("rq:pubsub:x", "x"),
            lambda: executor.config_get("*"),
            executor.flushall,
            executor.keys,
        ):
            with pytest.raises(redis.exceptions.NoPermissionError):
                attempt()


def test_nobody_comes_in_without_a_name(stage: Stage) -> None:
    with redis.Redis.from_url(f"redis://{stage.valkey.place}") as client, pytest.raises(redis.AuthenticationError):
        client.ping()


@pytest.mark.parametrize("role", [role.name for role in ROLES])
def test_no_user_may_set_up_the_server_or_run_scripts(tester: redis.Redis, role: str) -> None:
    for command in ("FLUSHALL", "CONFIG SET x y", "KEYS *", "EVAL x 0", "SHUTDOWN", "ACL LIST", "DEBUG SLEEP 0"):
        assert "permissions" in str(tester.execute_command("ACL DRYRUN", role, *command.split())), command
