"""Which step of a preload a piece of code belongs to. Pure.

A stack is told by its callers first, then by the innermost code that is known: a stamp is also read when a file is
checked. Code that no line claims is shown as `other`.
"""

from collections.abc import Mapping, Sequence

STEPS = ("list", "plan", "hand over", "request", "digest", "write", "stamp", "publish", "count", "verify")
OTHER = "other"

# By folder, module, or module:function, from the callers on: what it calls belongs to the same step.
CALLERS = {
    "avio/executor/verifier.py": "verify",
    "avio/engines/local/transfer/recheck.py": "verify",
    "avio/engines/local/transfer/shared_recheck.py": "verify",
    "avio/engines/local/transfer/shared_confirm.py": "verify",
    "avio/engines/local/transfer/mover_confirm.py": "verify",
    "avio/engines/local/transfer/mover_tasks.py:recheck": "verify",
    "avio/engines/local/buckets/objects.py:ObjectsBucket.scan": "list",
    "avio/engines/local/buckets/s3_listing.py": "list",
    "avio/engines/local/buckets/obstore_listing.py": "list",
    "avio/executor/lister.py": "plan",
    "avio/executor/reporter.py": "count",
}

# The same, from the innermost on.
KNOWN = {
    "avio/engines/local/buckets/content_proof.py": "digest",
    "avio/engines/local/transfer/placing.py": "publish",
    "avio/engines/local/transfer/group_sync.py": "publish",
    "avio/engines/local/transfer/download.py:Download._publish": "publish",
    "avio/engines/local/transfer/new_files.py:NewFiles._name": "publish",
    "avio/engines/local/transfer/new_files.py": "write",
    "avio/engines/local/transfer/file_room.py": "plan",
    "avio/engines/local/buckets/multiget.py": "request",
    "avio/engines/local/buckets/heads.py": "request",
    "avio/engines/local/buckets/object_fetch.py": "request",
    "avio/engines/local/buckets/s3_handle.py": "request",
    "avio/engines/local/buckets/signed_requests.py": "request",
    "avio/engines/local/buckets/idle_handles.py": "request",
    "avio/engines/local/buckets/obstore_objects.py": "request",
    "avio/engines/local/kernel_copy.py": "write",
    "avio/engines/local/stamps.py": "stamp",
    "avio/engines/local/birth.py": "stamp",
    "avio/engines/local/rename.py": "publish",
    "avio/engines/local/scratch.py:Temporary.publish": "publish",
    "avio/engines/local/scratch.py": "write",
    "avio/engines/local/transfer/download.py:Download._place": "publish",
    "avio/engines/local/transfer/download.py:Download.wanted": "plan",
    "avio/engines/local/transfer/download.py": "write",
    "avio/engines/local/transfer/thread_side.py:ThreadSide._entries": "plan",
    "avio/executor/worklist.py": "plan",
    "avio/executor/feed.py": "plan",
    "avio/executor/attempt.py": "count",
    "avio/streams.py": "count",
    "supervisor/shared/heartbeat.py": "count",
    "supervisor/child/entrypoint.py:_watch": "count",
}

# The same, where it is the innermost: what it calls may be of any step.
INNERMOST = {
    "avio/executor/transfer.py": "count",
    "avio/engines/local/transfer/bulk_download.py": "request",
    "avio/engines/movers/": "hand over",
    "avio/engines/local/transfer/shared_preload.py": "hand over",
    "avio/engines/local/transfer/moved_rows.py": "hand over",
    "avio/engines/local/transfer/mover_tasks.py": "hand over",
    "supervisor/child/movers.py": "hand over",
}


def step_of(stack: Sequence[tuple[str, str]]) -> str:
    """Return the step of a stack: modules from the root of the checkout, and functions; the outermost comes first.

    Of the callers the innermost counts, so that a listing is not part of the plan that asks for it.
    """
    found = (_step_at(table, frame) for table in (CALLERS, KNOWN) for frame in reversed(stack))
    return next(filter(None, found), None) or (_step_at(INNERMOST, stack[-1]) if stack else None) or OTHER


def _step_at(table: Mapping[str, str], frame: tuple[str, str]) -> str | None:
    module, function = frame
    folder = module.rpartition("/")[0] + "/"
    return table.get(f"{module}:{function}") or table.get(module) or table.get(folder)
