"""Looks at the engine: are the mounts well formed, do their buckets or the cluster answer, does the cluster fit."""

from collections.abc import Iterator
from contextlib import closing

from avio.admin.one_line import one_line
from avio.config import Settings
from avio.engines.factory import open_engine
from avio.engines.local.buckets import libcurl
from avio.errors import AvioError
from avio.findings import Finding, fault, good, warning
from avio.rules.engine_health import EngineHealth

ALLUXIO = "alluxio"
S3_FAST = "pip install 'avio[s3fast]'"
MEMBER_WAIT_SECONDS = 30.0  # seconds that the members of the engine have, all at the same time


def look_at_engine(settings: Settings) -> Iterator[Finding]:
    """Yield whether the engine can be built from the settings, and whether it answers."""
    if not settings.mounts and settings.engine != ALLUXIO:
        yield warning("mounts", "none is configured, so no path exists", 'add [mounts."/data"] to avio.toml')
    if not libcurl.IS_INSTALLED and any(mount.url.startswith("s3") for mount in settings.mounts.values()):
        yield warning("mounts", "small objects are fetched one by one, and fewer answers of S3 are checked", S3_FAST)
    try:
        with closing(open_engine(settings.engine_settings())) as engine:
            if not all(tier.path.is_dir() for tier in settings.tiers):  # asking it would make those that are missing
                return
            state = EngineHealth(engine).state(MEMBER_WAIT_SECONDS)
    except ValueError as error:
        yield fault("mounts", one_line(error), "correct it in avio.toml")
        return
    except AvioError as error:
        yield fault("engine", error.message, error.cure)
        return
    for member, missing in state.missing:
        told = fault if member.vital or not state.serves else warning
        yield told(member.name, missing.message.removeprefix(f"{member.name}: "), missing.cure)
    if state.serves:
        lost = {member.name.removeprefix("mount ") for member, _ in state.missing}
        served = [path for path in settings.mounts if path not in lost]
        covered = "/" if settings.engine == ALLUXIO else ", ".join(served) or "nothing"
        yield good("engine", f"{settings.engine} answers for {covered}")


def look_at_cluster(settings: Settings) -> Iterator[Finding]:
    """Yield what the cluster behind the engine lacks; nothing where there is none."""
    if settings.engine == ALLUXIO:
        with closing(open_engine(settings.engine_settings())) as engine:
            yield from engine.examine()


def engine_problems(settings: Settings) -> list[str]:
    """Return why no engine can be opened with these settings, a line for each mount. Opens no connection."""
    if settings.engine == ALLUXIO and settings.alluxio is None:
        return []  # the settings say so themselves
    try:
        open_engine(settings.engine_settings()).close()
    except ValueError as error:
        return list(getattr(error, "problems", [str(error)]))
    return []
