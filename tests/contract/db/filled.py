"""A database with a long history: many jobs in all states, of few users, put there by a few statements.

Tests of query plans and `python -m bench queries` use it. Call `fill` inside `borrow()`.
"""

from avio.db.connection import is_sqlite, transaction
from avio.db.sql import change, row
from tests.contract.db import given

USERS = 20
OWNER = 1  # the user with 60 % of the rows
QUEUED, RUNNING = 600, 40
RARE_NAME, FREE = "a rare name", 4

_NUMBERS_SQLITE = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)"

_COLUMNS = {
    "id": "'01' || {digits}",
    "uid": "CASE WHEN n % 10 < 6 THEN 1 ELSE 2 + n % 19 END",
    "name": f"CASE WHEN n = 7 THEN '{RARE_NAME}' ELSE 'nightly ' || n END",
    "type": "CASE WHEN n % 5000 = 1 THEN 4 WHEN n % 7 = 0 THEN 2 ELSE 1 END",
    "params": """'{{"alluxioUri": "/data/set-' || n % 5000 || '", "fromFileList": false}}'""",
    "path": "'/data/set-' || n % 5000",
    "state": "CASE WHEN n % 1000 = 0 THEN 'cancelled' WHEN n % 21 = 0 THEN 'failed' WHEN n % 33 = 0 THEN 'partial'"
    " ELSE 'succeeded' END",
    "message": "''",
    "attempt": "1",
    "seq": "1",
    "crashes": "0",
    "losses": "0",
    "run_at": "{start} + n * 10",
    "total_complete": "true",
    "files_done": "3",
    "speed_bps": "0",
    "errors": "'[]'",
    "version": "5",
    "created_at": "{start} + n * 10",
    "started_at": "{start} + n * 10",
    "updated_at": "{start} + n * 10 + 5",
    "finished_at": "{start} + n * 10 + 5",
}


def fill(rows: int) -> None:
    """Add `rows` ended jobs, 10 s after each other up to now, with an attempt each, then queued and running ones."""
    for number in range(USERS):
        given.user(f"user{number}")
    given.node()
    columns, cells = ", ".join(_COLUMNS), ", ".join(_COLUMNS.values())
    cells = cells.replace("{start}", f"({{now}} - {rows * 10.0 + 60})")
    if is_sqlite():
        cells = cells.replace("{digits}", "printf('%024d', n)")
        ended = f"INSERT INTO jobs ({columns}) {_NUMBERS_SQLITE} SELECT {cells} FROM number"
    else:
        cells = cells.replace("{digits}", "lpad(n::text, 24, '0')").replace("%", "%%")
        ended = f"INSERT INTO jobs ({columns}) SELECT {cells} FROM generate_series(1, ?) AS number (n)"
    with transaction():
        change(ended, rows)
        change(
            "INSERT INTO attempts (job_id, attempt, node, epoch, started_at, ended_at, outcome)"
            " SELECT id, 1, 'n1', 1, created_at, finished_at, state FROM jobs"
        )
        change(
            "INSERT INTO timings SELECT id, type, path, finished_at, 3, 30, 4000, 3, 500, false, '[]' FROM jobs"
            " WHERE finished_at IS NOT NULL"
        )
        for number in range(QUEUED):
            given.job(1 + number % USERS, pushed_at=1.0)
        for _ in range(RUNNING):
            given.running()
    analyze()


def analyze() -> None:
    """Have PostgreSQL look at its tables now: its autovacuum does so by itself, later. SQLite never does."""
    if not is_sqlite():
        change("ANALYZE")


def a_queued_job() -> str:
    """Return the oldest queued job of the user with most rows."""
    found = row("SELECT id FROM jobs WHERE uid = ? AND state = 'queued' ORDER BY run_at LIMIT 1", OWNER)
    assert found is not None
    return str(found[0])
