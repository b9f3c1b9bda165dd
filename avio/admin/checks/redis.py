"""Looks at Redis: does it answer, is it new enough, may each process do what it needs there and no more."""

from collections.abc import Iterator

import redis
from redis.exceptions import NoPermissionError

from avio.admin.home import SOCKET_NAME
from avio.admin.one_line import one_line
from avio.config import Settings
from avio.findings import Finding, fault, good, note, warning
from avio.streams import AWAY, connect

SUBJECT = "redis"
EXECUTOR = "redis of job processes"
OLDEST = (6, 2)

CURE = "make users with least rights: avio-server redis-acl"


def look_at_redis(settings: Settings) -> Iterator[Finding]:
    """Yield whether Redis or Valkey answers, its version, and what a job process may do in it."""
    try:
        with connect(settings.redis_url) as client:
            client.ping()
            yield good(SUBJECT, "answers")
            yield _version(client)
        yield from _executor(settings)
    except (*AWAY, ValueError, OSError) as error:
        is_of_up = settings.redis_url.startswith("unix:") and settings.redis_url.partition("?")[0].endswith(SOCKET_NAME)
        cure = "start avio-server up, which runs it" if is_of_up else "start it, or correct redis_url"
        yield fault(SUBJECT, f"unavailable: {one_line(error)}", cure)


def _version(client: redis.Redis) -> Finding:
    try:
        told = client.info("server")
    except NoPermissionError:
        return note(SUBJECT, "hides its version from this user", "make sure that it is Redis 6.2 or later, or Valkey")
    name = "Valkey" if "valkey_version" in told else "Redis"
    version = str(told.get("valkey_version", told["redis_version"]))
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        return fault(SUBJECT, f"is {name} {version}, which is too old", "use Redis 6.2 or later, or Valkey")
    return good(SUBJECT, f"is {name} {version}")


def _executor(settings: Settings) -> Iterator[Finding]:
    """A job process reads what strangers wrote; in Redis it needs to publish events, and nothing else."""
    if settings.executor_redis_url is None:
        yield warning(EXECUTOR, "job processes have all rights of the supervisor: executor_redis_url is not set", CURE)
        return
    try:
        with connect(settings.executor_redis_url) as client:
            client.ping()
            client.exists("avio:doctor")
    except NoPermissionError:
        yield good(EXECUTOR, "job processes may publish events, and nothing else")
    except (*AWAY, ValueError) as error:
        yield fault(EXECUTOR, f"unavailable: {one_line(error)}", "correct executor_redis_url")
    else:
        yield warning(EXECUTOR, "the user of executor_redis_url may read keys", CURE)
