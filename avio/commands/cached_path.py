"""`avio path` while the bucket does not answer: the tiers alone say where files are, and jobs what should be there."""

import click

from avio.client import ApiError, Client, path_of
from avio.client.shapes import EntryInfo, JobInfo
from avio.commands.command import show, show_lines
from avio.commands.exit_codes import Exit
from avio.terminal.json_output import print_json
from avio.wire.options import camel
from avio.wire.params import OPTIONS
from avio.wire.states import JobType, State

# The params with which a job may take only some of the files below its path.
NARROWING = [camel(name) for name, rule in OPTIONS.items() if rule.narrows]

JOBS = 100  # the newest preloads of the user that are looked at


def without_store(client: Client, path: str, error: ApiError, *, as_json: bool) -> Exit:
    """Print where the cached files of `path` are, and whether they are all of it. `error` is that of the bucket."""
    try:
        entry = client.stat(path, cached_only=True)
    except ApiError:
        return show(error)
    local = entry.get("localPath")
    if as_json:
        print_json({"path": entry["path"], "state": entry["state"], "localPath": local})
    elif local:
        click.echo(local)
    if not local:
        tiers = f"its cached files are on several tiers: {', '.join(entry['tiers'])}"
        why = tiers if len(entry["tiers"]) > 1 else error.message
        show_lines("error", f"{path_of(entry)} has no local path", why, f"wait until the bucket answers: {error.cure}")
        return Exit.TEMPORARY
    whole = _brought_by(client, entry)
    text = f"job {whole['id']} brought all of them" if whole else "none of your preloads says that these are all"
    there = f"{entry['filesCached'] or 0} cached files"
    click.echo(f"the bucket does not answer ({error.reason}): {there}; {text}; it may have newer ones", err=True)
    return Exit.OK if whole else Exit.PARTIAL


def _brought_by(client: Client, entry: EntryInfo) -> JobInfo | None:
    """Return a preload at or above the path of `entry` whose files are all cached still, or None."""
    found = client.jobs(statuses=[State.SUCCEEDED], kinds=[JobType.PRELOAD], page_size=JOBS)
    return next((job for job in found["jobs"] if _covers(job, entry["path"]) and _is_whole(client, job)), None)


def _covers(job: JobInfo, path: str) -> bool:
    params = job["params"]
    above = params.get("alluxioUri")
    if not above or params.get("alluxioUriEncoded") or any(name in params for name in NARROWING):
        return False
    if not job.get("localPath") or job["progress"].get("filesLeftOut"):
        return False
    return path == above or path.startswith(above.rstrip("/") + "/")


def _is_whole(client: Client, job: JobInfo) -> bool:
    """Return True if as many files and bytes are cached in one place as the job left there."""
    try:
        now = client.stat(job["params"]["alluxioUri"], cached_only=True)
    except ApiError:
        return False
    done, kept = job["progress"]["done"], job["progress"]["kept"]
    files, size = done["files"] + kept["files"], done["bytes"] + kept["bytes"]
    return bool(now.get("localPath")) and (now["filesCached"] or 0) >= files and (now["cachedBytes"] or 0) >= size
