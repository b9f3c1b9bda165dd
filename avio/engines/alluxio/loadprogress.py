"""How far a load job of Alluxio's own is, as its JSON report tells.

Used by master.py and the engine. Opens nothing.
"""

import json
from typing import NamedTuple


class LoadProgress(NamedTuple):
    """A load job of Alluxio's own. `state` is RUNNING, VERIFYING, STOPPED, SUCCEEDED or FAILED.

    `files` and `bytes` are what it says it has done, SUCCEEDED is not to be believed: ask what is cached. There is
    no total: the one that Alluxio reports grows as it goes. `failures` maps path to reason, when asked for.
    """

    state: str
    files: int
    bytes: int
    failed_files: int
    reason: str | None
    failures: dict[str, str]

    @property
    def ended(self) -> bool:
        """Tell whether the job will not go on by itself."""
        return self.state in ("STOPPED", "SUCCEEDED", "FAILED")

    @classmethod
    def of_report(cls, report: str) -> "LoadProgress":
        """Return what the report says; Alluxio leaves out what is null."""
        told = json.loads(report)
        return cls(
            state=told["mJobState"],
            files=told.get("mProcessedFileCount", 0),
            bytes=told.get("mLoadedByteCount", 0),
            failed_files=told.get("mFailedFileCount", 0),
            reason=told.get("mFailureReason"),
            failures=told.get("mFailedFilesWithReasons") or {},
        )
