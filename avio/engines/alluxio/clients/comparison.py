"""What the master reports of a comparison of a directory with its bucket (SyncMetadata).

Used by master.py. Opens nothing.
"""

import re
from typing import NamedTuple

from avio.engines.alluxio.proto import master_pb2 as pb

_OPERATIONS = re.compile(r"\[([A-Z_]+):(\d+)\]")

# A name with a `?` or a `\` makes an entry of another name; a key that is both file and directory makes none.
_ODD = frozenset({"CREATE", "RECREATE", "SKIPPED_DUE_TO_CONCURRENT_MODIFICATION"})


class Comparison(NamedTuple):
    """`failure` is why the master could not list the bucket's directory, "" if it could.

    `differs` is True if the bucket has names that Alluxio did not show before.
    """

    failure: str
    differs: bool


def comparison_of(reply: pb.SyncMetadataResponse) -> Comparison:
    """Return what the tasks of a SyncMetadata report."""
    failures = [_failure(task) for task in reply.task if task.state != pb.SYNC_SUCCEEDED]
    operations = {name for task in reply.task for name, _ in _OPERATIONS.findall(task.task_stat_string)}
    return Comparison("; ".join(failures), bool(operations & _ODD))


def _failure(task: pb.SyncMetadataTask) -> str:
    kind = task.exception.exception_type.rpartition(".")[2]
    message = task.exception.exception_message
    return ": ".join(filter(None, (kind, message))) or pb.SyncState.Name(task.state)
