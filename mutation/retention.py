"""The guards of retention and of file lists: what is never deleted, and what never counts although a part is gone."""

from mutation.mutant import mutant

DB = "tests/contract/db/"
RETENTION, LISTS = "avio/db/retention.py", "avio/db/filelists.py"

MUTANTS = (
    mutant(
        "retention: jobs that have ended only",
        RETENTION,
        ("IN {_marks(jobs)} AND finished_at IS NOT NULL", "IN {_marks(jobs)}"),
        tests=f"{DB}test_retention.py -k sqlite",
    ),
    mutant(
        "retention: a job that a rule of free needs stays",
        RETENTION,
        (" - uses.needed(jobs) - busy)", " - busy)"),
        tests=f"{DB}test_retention.py -k sqlite",
    ),
    mutant(
        "retention: a job that another waits for stays",
        RETENTION,
        (" - predecessors.waited_for(jobs)", ""),
        tests=f"{DB}test_predecessors.py -k sqlite",
    ),
    mutant(
        "retention: only a newer job with the same params says the same",
        "avio/db/uses.py",
        (" AND n.type IN (1, 2) AND n.params = j.params", " AND n.type IN (1, 2)"),
        tests=f"{DB}test_retention.py -k sqlite",
    ),
    mutant(
        "retention: a job without artifacts says so from the first deleted chunk on",
        "avio/rules/history.py",
        ("    _require_kept(found, kind)\n", ""),
        tests=f"{DB}test_retention.py -k sqlite",
    ),
    mutant(
        "retention: no row is waited for",
        RETENTION,
        ('f"{repeating} {{skip_locked}}"', 'f"{repeating} {{deleting}}"'),
        tests=f"{DB}test_retention_bites.py -k postgresql",
    ),
    mutant(
        "retention: a new node begins above the epochs of deleted ones",
        "avio/db/leases.py",
        ("coalesce(max(epoch), 0) + 1", "1 + 0 * coalesce(max(epoch), 0)"),
        tests=f"{DB}test_retention_bites.py -k sqlite",
    ),
    mutant(
        "a file list of a job that has not ended is not deleted",
        LISTS,
        ('" WHERE list_id = ? AND (finished_at IS NULL OR', '" WHERE list_id = ? AND (1 = 0 OR'),
        tests=f"{DB}test_files.py -k sqlite",
    ),
    mutant(
        "a file list that is being deleted takes no job",
        "avio/db/orders.py",
        ("AND complete {shared}", "{shared}"),
        tests=f"{DB}test_files.py -k sqlite",
    ),
    mutant(
        "a file list that lost a chunk does not count",
        LISTS,
        ("filelist_chunks WHERE list_id = ?) = ?", "filelist_chunks WHERE list_id = ?) <= ?"),
        tests=f"{DB}test_files.py -k sqlite",
    ),
    mutant(
        "a file list that counts loses no chunk",
        LISTS,
        ("if _lock(list_id, wait=wait) is not False:", "if _lock(list_id, wait=wait) is None:"),
        tests=f"{DB}test_files.py -k sqlite",
    ),
    mutant(
        "uploads of one user count each other",
        LISTS,
        ('    row("SELECT uid FROM users WHERE uid = ? {alone}", uid)\n', ""),
        tests=f"{DB}test_files.py -k postgresql",
    ),
    mutant(
        "a job whose file list is gone does not run on nothing",
        "supervisor/intake/claim.py",
        ("if found is None:\n            raise gone", "if False:\n            raise gone"),
        tests="tests/unit/supervisor/intake/test_claim_last_checks.py",
    ),
    mutant(
        "a file list that is deleted while it is read is no shorter list",
        "supervisor/intake/claim.py",
        ("if written != found.bytes:", "if False:"),
        tests="tests/unit/supervisor/intake/test_claim_last_checks.py",
    ),
    mutant(
        "nobody reads a report with a hole while it is deleted",
        "avio/rules/history.py",
        ("if there is None or there.artifacts_deleted_at is not None:", "if False:"),
        tests=f"{DB}test_retention.py -k sqlite",
    ),
    mutant(
        "an older avio changes nothing in a newer database",
        "avio/db/schema.py",
        ("if found > VERSION:", "if False:"),
        tests=f"{DB}test_schema.py -k sqlite",
    ),
)
