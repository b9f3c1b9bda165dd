"""`avio path`: where a program on the node reads a path, for `train --data $(avio path /data)`."""

import math
import sys
from itertools import islice

import click

from avio.client import ApiError, Client, pages, path_of, spelled_path
from avio.client.shapes import EntryInfo
from avio.commands import entries, options
from avio.commands.cached_path import without_store
from avio.commands.command import Command, print_lines
from avio.commands.exit_codes import Exit
from avio.commands.path_completion import complete_cached_path
from avio.commands.progress_display import choose
from avio.commands.session import with_client
from avio.commands.wait import follow_to_end, say_end
from avio.terminal.cells import printable, size
from avio.terminal.json_output import print_json
from avio.terminal.shell import shell_word
from avio.wire.states import JobType, State

TOO_LARGE = "TOO_LARGE"

# What keeps a store from being asked. The cache can be read nevertheless.
STORE_REASONS = frozenset({"ENGINE_AWAY", "BAD_REPLY", "ACCESS_DENIED", "STORE_ERROR"})

PAGE = 1000
LOOKED_PAGES = 100  # of a listing, for the names of files on other tiers
NAMED = 5

# Why an entry that is in this state has no local path, and what to do.
_WHY = {
    "remote": ("it is not in the cache", "avio preload {path} --wait"),
    "partial": ("{cached} of {files} files are in the cache", "avio preload {path} --wait"),
    "stale": ("the bucket has a newer version", "avio preload {path} --wait"),
    "gone": (
        "its object was deleted in the bucket",
        "touch its copy on tier {tiers}, then: avio save {path}; or drop it: avio free {path}",
    ),
    "gone inside": (
        "files in it were deleted in the bucket",
        "avio ls -R {path} shows which are gone; touch their copies and save them again, or drop them by avio free",
    ),
    "conflict": ("the file changed in the bucket and in the cache", "avio save {path} --on-conflict overwrite"),
    "unknown": ("the cache did not answer", "try again later"),
}


@click.command(cls=Command)
@click.argument("path", shell_complete=complete_cached_path)
@options.progress
@options.as_json
@with_client
def path(client: Client, path: str, progress: str, as_json: bool) -> Exit:
    """Print where a program on the node reads PATH, if all of it is cached in one place.

    Files that are not saved yet count as cached. If avio left files below PATH out, such as symlinks, it says how many
    on standard error and ends with code 3. While the bucket does not answer, it prints where the cached files are,
    and says on standard error whether one of your preloads has brought all of PATH; it ends with code 3 if none has.
    The state of more than 100,000 files takes a job, which the command waits for.
    """
    try:
        entry = _entry(client, path, progress)
    except ApiError as error:
        if error.reason not in STORE_REASONS:
            raise
        return without_store(client, path, error, as_json=as_json)
    if isinstance(entry, Exit):
        return entry
    local = entry.get("localPath")
    if as_json:
        print_json({"path": entry["path"], "state": entry["state"], "localPath": local})
    elif local:
        click.echo(local)
    if local:
        return _complete(entry)
    why, cure = _why(client, entry)
    print_lines("error", f"{path_of(entry)} has no local path", why, cure)
    return Exit.TEMPORARY if entry["state"] == "unknown" else Exit.NOT_FOUND


def _complete(entry: EntryInfo) -> Exit:
    """Return the exit code of an entry with a local path. Say on stderr if files are missing there."""
    left_out = entry.get("leftOut", 0)
    if not left_out:
        return Exit.OK
    message = f"{left_out} left out below {printable(path_of(entry))}: {entries.LEFT_OUT}"
    click.echo(f"{message}; avio ls -R {_word(entry)} counts them", err=True)
    return Exit.PARTIAL


def _entry(client: Client, path: str, progress: str) -> EntryInfo | Exit:
    """Return the entry of `path`, by a job if it has too many files for a reply; the job's exit code if that fails."""
    try:
        return client.stat(path)
    except ApiError as error:
        if error.reason != TOO_LARGE:
            raise
    job = client.submit(JobType.STAT, spelled_path(path))
    ended = follow_to_end(client, job["id"], limit=math.inf, display=choose(progress, sys.stderr))
    return next(iter(client.result(job["id"]))) if ended["status"] == State.SUCCEEDED else say_end(ended)


def _why(client: Client, entry: EntryInfo) -> tuple[str, str]:
    """Return why `entry` has no local path, and what to do."""
    files, cached = entry["files"] or 0, entry["filesCached"] or 0
    state = "partial" if entry["state"] == "dirty" and cached < files else entry["state"]
    if state == "stale" and entry["saved"] is False:  # no file that is stale is unsaved
        state = "gone inside"
    if state in _WHY:
        why, cure = _WHY[state]
        tiers = ", ".join(entry["tiers"])
        return why.format(cached=cached, files=files), cure.format(path=_word(entry), tiers=tiers)
    if entry["pathBytes"]:
        return "its name is not UTF-8", f"avio stat {_word(entry)} names its tier"
    if len(entry["tiers"]) > 1:
        most = max(entry["tiers"], key=lambda alias: entry["tiers"][alias])
        tiers = ", ".join(f"{alias} {size(held)}" for alias, held in entry["tiers"].items())
        elsewhere, in_conflict = _elsewhere(client, entry, most)
        cure = f"avio preload {_word(entry)} --tier {most} --wait"
        if in_conflict:
            cure = (
                f"avio save {shell_word(in_conflict)} --on-conflict overwrite, if the cached one is right; then: {cure}"
            )
        return f"its files are on several tiers: {tiers}; {elsewhere}", cure
    if state == "dirty":
        why = "some of its files changed in bucket and cache, or were deleted in the bucket"
        return why, f"avio ls -R {_word(entry)} shows which"
    return "the cache has no directory on the node", "read it through the cache itself, such as Alluxio's FUSE"


def _word(entry: EntryInfo) -> str:
    """Return the path of `entry` as a command takes it."""
    return shell_word(path_of(entry))


def _elsewhere(client: Client, above: EntryInfo, tier: str) -> tuple[str, str]:
    """Return which files below `above` are not on `tier`: how many, and the first; and one in conflict, or ""."""
    path = path_of(above)
    found: list[str] = []
    in_conflict = ""
    is_last = True
    for page in islice(pages(lambda token: client.list(path, page_size=PAGE, page_token=token)), LOOKED_PAGES):
        others = [each for each in page["entries"] if each["kind"] == "file" and tier not in each["tiers"]]
        found += map(path_of, others)
        in_conflict = in_conflict or next((path_of(each) for each in others if each["state"] == "conflict"), "")
        is_last = page["nextPageToken"] is None
    if not found:
        return f"avio ls -R {_word(above)} shows the tier of each", ""
    count = f"{len(found)} {'file' if len(found) == 1 else 'files'}"
    dots = ", ..." if len(found) > NAMED else ""
    named = ", ".join(map(printable, found[:NAMED]))
    return f"{'' if is_last else 'at least '}{count} not on {tier}: {named}{dots}", in_conflict
