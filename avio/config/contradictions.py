"""Settings that are valid each for itself, and don't fit together. Opens no connection."""

from collections.abc import Collection, Iterator

from avio.config.overlap import overlaps
from avio.config.settings import Settings


def contradictions(settings: Settings, wrong: Collection[str]) -> Iterator[str]:
    """Yield a message for each pair of settings that don't fit. Those in `wrong` have errors of their own."""

    def are_valid(*names: str) -> bool:
        return not any(name in wrong for name in names)

    if are_valid("fence", "lease", "grace") and settings.fence + 1 >= settings.lease + settings.grace:
        yield "fence must be shorter than lease + grace, else a job could run twice"
    if are_valid("heartbeat", "fence") and settings.heartbeat * 2 > settings.fence:
        yield "heartbeat must be at most half of fence, else one lost renewal ends every job"
    if are_valid("listeners", "web_threads") and settings.listeners >= settings.web_threads:
        yield "listeners must be below web_threads, else event streams take all threads of the API"
    if are_valid("metrics", "metrics_token") and (settings.metrics == "token") != (settings.metrics_token is not None):
        yield "metrics = token and metrics_token need each other: set both, or neither"
    aliases = [tier.alias for tier in settings.tiers]
    for alias in sorted({each for each in aliases if aliases.count(each) > 1}):
        yield f"two tiers have the same alias: {alias}"
    if are_valid("engine"):
        yield from _of_other_engines(settings, alluxio_is_valid=are_valid("alluxio"))
    yield from overlaps(settings.mounts, settings.tiers)


def _of_other_engines(settings: Settings, *, alluxio_is_valid: bool) -> Iterator[str]:
    """Yield settings that the engine does not read. A user would believe that they are in force."""
    if settings.engine != "alluxio":
        if settings.alluxio is not None:
            yield f'[alluxio] has no effect with engine {settings.engine}; set engine = "alluxio"'
        return
    if settings.alluxio is None and alluxio_is_valid:
        yield 'alluxio is missing; add [alluxio] with masters = ["host:19998"] to avio.toml'
    if settings.mounts or settings.tiers:
        yield "mounts and tiers have no effect with engine alluxio; remove them"
    if settings.jobs_per_bucket is not None:
        yield "jobs_per_bucket has no effect with engine alluxio, whose buckets avio does not know; use jobs_per_mount"
    if settings.copy_mode is not None:
        yield "copy_mode has no effect with engine alluxio; remove it"
