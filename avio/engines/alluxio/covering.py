"""The fewest paths whose trees hold exactly the files that are asked for.

Used in the job process, where Alluxio's own load job takes a path and all below it. Pure.
"""

from collections import Counter
from collections.abc import Collection, Iterable


def cover(wanted: Collection[str], others: Iterable[str]) -> list[str]:
    """Return directories and files that together hold all of `wanted`, and none of `others`, which are files too."""
    spoilt = Counter(parent for path in others for parent in parents(path))
    wanted_in = Counter(parent for path in wanted for parent in parents(path))
    found: dict[str, None] = {}
    for path in wanted:
        whole = [parent for parent in parents(path) if not spoilt[parent] and wanted_in[parent] > 1]
        found[whole[0] if whole else path] = None
    return list(found)


def parents(path: str) -> list[str]:
    """Return the directories above `path` but the root, outermost first."""
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[: level + 1]) for level in range(len(parts))]
