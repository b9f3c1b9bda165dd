"""Looks at the parts that the settings name: database, Redis, engine, tiers. Used by `avio-server check`.

A look changes nothing that stays, and waits no longer than its connection's limit.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from avio.config import Settings
from avio.db.connecting import AWAY, borrow, open_database
from avio.db.models import database
from avio.db.schema import VERSION, version
from avio.engines.opening import open_engine
from avio.errors import AvioError
from avio.streams import AWAY as REDIS_AWAY
from avio.streams import connect


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look found: `ok`, `warning` or `not ok`."""

    OK: ClassVar = "ok"
    WARNING: ClassVar = "warning"
    NOT: ClassVar = "not ok"

    verdict: str
    part: str
    message: str


def look_at_database(settings: Settings) -> Iterator[Finding]:
    """Tell whether the database answers, and whether its tables are at our version."""
    try:
        open_database(settings.database_url, connections=1)
        with borrow():
            found = version()
    except (*AWAY, ValueError, OSError) as error:
        yield Finding(Finding.NOT, "database", f"does not answer: {_one_line(error)}")
        return
    finally:
        if database.obj is not None:
            database.obj.close_all()
    if found == VERSION:
        yield Finding(Finding.OK, "database", f"answers, its tables are at version {found}")
    else:
        cure = "run avio-server db init" if found == 0 else "run avio-server db upgrade"
        yield Finding(Finding.NOT, "database", f"its tables are at version {found}, not {VERSION}: {cure}")


def look_at_redis(settings: Settings) -> Iterator[Finding]:
    """Tell whether Redis or Valkey answers."""
    try:
        with connect(settings.redis_url) as client:
            client.ping()
    except (*REDIS_AWAY, ValueError, OSError) as error:
        yield Finding(Finding.NOT, "redis", f"does not answer: {_one_line(error)}")
        return
    yield Finding(Finding.OK, "redis", "answers")


def look_at_engine(settings: Settings) -> Iterator[Finding]:
    """Tell whether the mounts are well formed, and their buckets or the cluster answer."""
    if not settings.mounts and settings.engine != "alluxio":
        yield Finding(Finding.WARNING, "mounts", 'there is none; add [mounts."/data"] to avio.toml')
    try:
        engine = open_engine(settings.engine_settings())
        if all(tier.path.is_dir() for tier in settings.tiers):  # asking it would make those that are missing
            engine.health()
    except ValueError as error:
        yield Finding(Finding.NOT, "mounts", _one_line(error))
    except AvioError as error:
        yield Finding(Finding.NOT, "engine", f"{error.message}; {error.cure}")
    else:
        covered = "/" if settings.engine == "alluxio" else ", ".join(settings.mounts) or "nothing"
        yield Finding(Finding.OK, "engine", f"{settings.engine} answers for {covered}")


def look_at_tiers(settings: Settings) -> Iterator[Finding]:
    """Tell of each tier whether files can be written there, and carry extended attributes."""
    if not settings.tiers and settings.engine != "alluxio":
        yield Finding(
            Finding.WARNING, "tiers", "there is none, so nothing can be preloaded; add [[tiers]] to avio.toml"
        )
    for tier in settings.tiers:
        yield _look_at_tier(f"tier {tier.alias}", tier.path)


LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    look_at_database,
    look_at_redis,
    look_at_engine,
    look_at_tiers,
)


def _look_at_tier(part: str, directory: Path) -> Finding:
    if not directory.is_dir():
        return Finding(Finding.NOT, part, f"{directory} is not there: mount its disk, or mkdir -p {directory}")
    try:
        with tempfile.NamedTemporaryFile(dir=directory, prefix=".avio-check-") as file:
            try:
                os.setxattr(file.fileno(), "user.avio.check", b"1")
            except OSError as error:
                return Finding(
                    Finding.WARNING,
                    part,
                    f"{directory} has no user xattrs ({error.strerror}): freshness goes by size and time",
                )
    except OSError as error:
        return Finding(Finding.NOT, part, f"{directory} can't be written to: {error.strerror}")
    return Finding(Finding.OK, part, f"{directory} can be written to")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
