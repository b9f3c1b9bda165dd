"""`python -m tests.contract.db.dump`: a database of this version with jobs in every state, as SQL for both dialects.

Made once for each version of the tables, by the code of that version: later versions prove their upgrades on it.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from avio.db import artifacts, dead_nodes, ends, filelists, folds, leases, orders, schema, tiers, tokens
from avio.db.connection import borrow, is_sqlite, open_database, shut
from avio.db.models import database
from avio.db.sql import change
from avio.wire.after import After
from avio.wire.events import FailureEvent, ProgressEvent
from avio.wire.progress import Counters, Progress
from avio.wire.results import Failure
from avio.wire.states import State
from avio.wire.timings import Forecast, Timing
from tests.contract.db import given, ticking
from tests.servers.postgres import postgres

SCHEMAS = Path(__file__).parent / "schemas"


def fill() -> None:
    """Put rows into all tables, by the queries of the processes: jobs in each state, logins, lists."""
    for name in ("ada", "bob"):
        tokens.add(name.encode().hex(), given.user(name, admin=name == "bob"), 3600)
    given.node()
    _leave_an_epoch()
    tiers.register("SSD", "an-id")
    jobs = {state: given.in_state(state) for state in State}
    running = jobs[State.RUNNING]
    counters = Counters(files_total=9, bytes_total=90, files_done=4, bytes_done=40, files_failed=1, bytes_failed=10)
    progress = ProgressEvent(running, 1, 7, Progress("transferring", True, counters, speed_bps=5))
    folds.fold([progress], [FailureEvent(running, 1, "/data/ä b", "ACCESS_DENIED", "no right")])
    for kind in artifacts.KINDS:
        artifacts.add(jobs[State.SUCCEEDED], 1, kind, 0, f"{kind} of a job\n".encode())
    partial = given.running()
    failed = [Failure("/data/x", "GONE", "it was deleted", 3)]
    timing = Timing(3, 30, 4000, 3, 500, False, [Forecast(10, 3000, 5000, 3600)])
    assert ends.finish(given.result(partial, failures=failed, timing=timing), "partial")
    orders.insert(orders.NewJob(1, "ä", 1, '{"alluxioUri": "/data"}', "a key", "digest", retry_of=partial))
    complete, _unfinished = filelists.begin(1), filelists.begin(2)
    filelists.append(complete, 0, b"/data/a\n/data/b\n")
    filelists.complete(complete, 2, 1)
    order = f'{{"fromFileList": true, "fileListId": "{complete}"}}'
    orders.insert(orders.NewJob(1, "by list", 2, order))
    after = (After(running, must_succeed=True),)
    orders.insert(orders.NewJob(1, "after", 1, '{"alluxioUri": "/data"}', not_before=2e9, after=after))
    ticking.schedule(0.0)
    freed, _ = orders.insert(orders.NewJob(2, "", 4, '{"alluxioUri": "/data/other", "fromFileList": false}'))
    given.claim(freed.id)
    given.from_result(freed.id, "succeeded")


def _leave_an_epoch() -> None:
    """Delete a lost node: its epoch stays."""
    given.node("old")
    given.lease_over("old", 100)
    dead_nodes.mark_lost(10)
    change("UPDATE nodes SET seen_at = 0 WHERE name = 'old'")
    assert leases.forget_lost(10, 10) == 1


def write(url: str, pg_dump: list[str] | None = None) -> Path:
    """Make and fill the empty database of `url`, and write its dump."""
    open_database(url, connections=1)
    try:
        with borrow():
            schema.prepare()
            fill()
            lines = [] if pg_dump else list(database.connection().iterdump())
        dialect = "postgresql" if pg_dump else "sqlite"
    finally:
        shut()
    text = _plain(subprocess.run(pg_dump, check=True, capture_output=True, text=True).stdout) if pg_dump else ""
    file = SCHEMAS / f"{schema.VERSION:04}.{dialect}.sql"
    file.write_text(text or "\n".join(lines) + "\n", encoding="utf-8")
    return file


def _plain(dump: str) -> str:
    """Return a dump without comments, and without what is for psql or for the rest of the session."""
    kept = [line for line in dump.splitlines() if not re.match(r"--|\\|SET |SELECT pg_catalog\.set_config|$", line)]
    return "\n".join(kept) + "\n"


def load(file: Path) -> None:
    """Run a dump in the open, empty database."""
    text = file.read_text(encoding="utf-8")
    if is_sqlite():
        database.connection().executescript(f"PRAGMA foreign_keys = OFF;\n{text}PRAGMA foreign_keys = ON;\n")
    else:
        database.execute_sql(text.replace("%", "%%"))


def main() -> None:
    """Write both dumps, and print where they are."""
    with tempfile.TemporaryDirectory() as directory, postgres() as server:
        print(write(f"sqlite:///{directory}/avio.db"))
        url = server.make_database()
        program = str(server.programs / "pg_dump")
        print(write(url, [program, "--inserts", "--no-owner", "--no-privileges", url]))


if __name__ == "__main__":
    main()
