"""Looks at the engine: are the mounts well formed, do their buckets or the cluster answer, does the cluster fit."""

from collections.abc import Iterator
from contextlib import closing

from avio.admin.oneline import one_line
from avio.config import Settings
from avio.engines.opening import open_engine
from avio.errors import AvioError
from avio.findings import Finding, fault, good, warning

ALLUXIO = "alluxio"


def look_at_engine(settings: Settings) -> Iterator[Finding]:
    """Yield whether the engine can be built from the settings, and whether it answers."""
    if not settings.mounts and settings.engine != ALLUXIO:
        yield warning("mounts", "there is none, so there is no path", 'add [mounts."/data"] to avio.toml')
    try:
        with closing(open_engine(settings.engine_settings())) as engine:
            if all(tier.path.is_dir() for tier in settings.tiers):  # asking it would make those that are missing
                engine.health()
    except ValueError as error:
        yield fault("mounts", one_line(error), "correct it in avio.toml")
    except AvioError as error:
        yield fault("engine", error.message, error.cure)
    else:
        covered = "/" if settings.engine == ALLUXIO else ", ".join(settings.mounts) or "nothing"
        yield good("engine", f"{settings.engine} answers for {covered}")


def look_at_cluster(settings: Settings) -> Iterator[Finding]:
    """Yield what the cluster behind the engine lacks; nothing where there is none."""
    if settings.engine == ALLUXIO:
        with closing(open_engine(settings.engine_settings())) as engine:
            yield from engine.examine()
