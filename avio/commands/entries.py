"""How an entry of the namespace looks in a table and as a record."""

from typing import Any

from avio.client import path_of
from avio.client.shapes import EntryInfo
from avio.terminal.cells import NOTHING, UNKNOWN, moment, percent, printable, raw, raw_moment, short_moment, size
from avio.terminal.tables import Column
from avio.wire.paths import shown_path

# What a listing counts as left out.
LEFT_OUT = "symlinks, special files, names that can't be paths, or directories that avio may not read"


def path_column(root: str) -> Column:
    """Return the last column of a listing of `root`: for people the name below it, for machines the whole path."""
    return Column("PATH", lambda row: _below(row, root), _path)


def record(entry: EntryInfo) -> list[tuple[str, str]]:
    """Return the labels and values of one entry."""
    return [
        ("Path", _path(entry)),
        ("Kind", entry["kind"]),
        ("State", entry["state"]),
        ("Size", _exact(entry["size"])),
        ("Cached", f"{percent(entry['cachedPercent'])}, {_exact(entry['cachedBytes'])}"),
        ("Files", _files(entry)),
        ("Tiers", ", ".join(f"{tier} {_exact(held)}" for tier, held in entry["tiers"].items()) or NOTHING),
        ("Saved", {True: "yes", False: "no", None: UNKNOWN}[entry["saved"]]),
        *([("Left out", str(entry["leftOut"]))] if entry.get("leftOut") else []),
        ("Modified", moment(entry["modified"])),
        *([("Local path", printable(local))] if (local := entry.get("localPath")) else []),
    ]


def _path(entry: Any) -> str:
    return _shown(entry, path_of(entry))


def _below(entry: Any, root: str) -> str:
    """Return the path of `entry` below `root`, which is in percent form if it is not UTF-8."""
    path = path_of(entry)
    if entry["path"] == root:
        return printable(path.rpartition("/")[2]) or _path(entry)
    parts, depth = path.split("/"), len(root.rstrip("/").split("/"))
    above = "/".join(parts[:depth])
    return _shown(entry, "/".join(parts[depth:]) if root.rstrip("/") in (above, shown_path(above)) else path)


def _shown(entry: Any, path: str) -> str:
    return printable(path) + ("/" if entry["kind"] == "directory" and not path.endswith("/") else "")


def _tier_names(entry: Any) -> str:
    return "+".join(entry["tiers"]) or NOTHING


def _raw_tiers(entry: Any) -> str:
    return ",".join(f"{tier}={held}" for tier, held in entry["tiers"].items()) or NOTHING


def _raw_percent(entry: Any) -> str:
    return UNKNOWN if entry["cachedPercent"] is None else str(entry["cachedPercent"])


def _exact(number: int | None) -> str:
    if number is None:
        return UNKNOWN
    return size(number) if number < 1024 else f"{size(number)} ({number} B)"


def _files(entry: EntryInfo) -> str:
    files, cached = (UNKNOWN if count is None else str(count) for count in (entry["files"], entry["filesCached"]))
    return f"{cached} of {files} cached"


COLUMNS = (
    Column("SIZE", lambda row: size(row["size"]), lambda row: raw(row["size"]), width=8, right=True, rank=2),
    Column("CACHED", lambda row: percent(row["cachedPercent"]), _raw_percent, width=6, right=True, rank=3),
    Column("STATE", lambda row: row["state"], lambda row: row["state"], width=7, rank=1),
    Column("TIER", _tier_names, _raw_tiers, width=6, rank=4),
    Column(
        "MODIFIED",
        lambda row: moment(row["modified"]),
        lambda row: raw_moment(row["modified"]),
        width=25,
        rank=5,
        short=lambda row: short_moment(row["modified"]),
    ),
)
