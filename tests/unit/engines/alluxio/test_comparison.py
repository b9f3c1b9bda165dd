"""What a SyncMetadata reports, in the words of a real master."""

import pytest

from avio.engines.alluxio.clients.comparison import Comparison, comparison_of
from avio.engines.alluxio.proto import master_pb2 as pb


def reply(state: "pb.SyncState", operations: str, **exception: str) -> pb.SyncMetadataResponse:
    told = f"TaskStats{{Success op count={{{operations}}}, # of batches=1, # of objects loaded from UFS=3}}"
    task = pb.SyncMetadataTask(state=state, task_stat_string=told)
    if exception:
        task.exception.CopyFrom(pb.SyncMetadataTask.Exception(**exception))
    return pb.SyncMetadataResponse(task=[task])


def test_a_failed_comparison_has_alluxios_words() -> None:
    told = reply(pb.SYNC_FAILED, "", exception_type="java.nio.file.NoSuchFileException", exception_message="/ufs/m/lat")

    assert comparison_of(told) == Comparison("NoSuchFileException: /ufs/m/lat", differs=False)
    assert comparison_of(reply(pb.SYNC_CANCELED, "")).failure == "SYNC_CANCELED"


@pytest.mark.parametrize(
    ("operations", "differs"),
    [
        ("", False),
        ("[NOOP:7]", False),
        ("[NOOP:1][UPDATE:1][DELETE:2][SKIPPED_NON_PERSISTED:3][SKIPPED_ON_MOUNT_POINT:1]", False),
        ("[NOOP:1][CREATE:1]", True),
        ("[RECREATE:1]", True),
        ("[NOOP:2][SKIPPED_DUE_TO_CONCURRENT_MODIFICATION:1]", True),
    ],
)
def test_names_beyond_alluxios_listing_differ(operations: str, differs: bool) -> None:
    assert comparison_of(reply(pb.SYNC_SUCCEEDED, operations)) == Comparison("", differs)
