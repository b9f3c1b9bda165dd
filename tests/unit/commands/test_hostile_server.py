"""What a hostile server sends is text: it moves no cursor, whatever member it is in."""

import pytest

from avio.terminal import tables
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, entry_info, entry_page, job_info, report_line
from tests.unit.commands.stub import Stub, ndjson, sse

pytestmark = pytest.mark.usefixtures("logged_in")


@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_that_a_server_sends_can_move_the_cursor(
    avio: Avio, stub: Stub, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "is_terminal", lambda: terminal)
    odd = "\x1b[2J"
    entry = entry_info(state=odd, kind=odd, tiers={odd: 1}, modified=odd, localPath=f"/x{odd}")
    tier = {"alias": odd, "worker": odd, "capacity": 1, "used": 1, "free": 0}
    job = job_info(status="running", phase=odd, id=JOB, node=odd, reason=odd, retryOf=odd, message=odd, name=odd)
    stub.on("GET", "/stat", entry)
    stub.on("GET", "/list", entry_page(entry))
    stub.on("GET", "/tiers", {"tiers": [tier]})
    stub.on("GET", "/jobs", {"jobs": [{**job, "id": odd, "status": odd}], "nextPageToken": None})
    stub.on("GET", f"/jobs/{JOB}", {**job, "status": odd})
    stub.on("GET", f"/jobs/{JOB}/report", ndjson(report_line(outcome=odd, tier=odd, reason=odd, message=odd)))
    stub.on("POST", "/preload", {**job, "id": odd, "status": "queued"})
    stub.on("POST", f"/jobs/{JOB}/cancel", {**job, "id": odd, "status": odd})
    stub.on("GET", f"/jobs/{JOB}/events", sse(("snapshot", job), ("end", {**job, "status": "failed", "id": odd})))

    for line in ("ls /data", "stat /data", "tiers", "jobs", f"job show {JOB}", f"report {JOB}", "preload /data"):
        said = avio(line)
        assert "\x1b" not in said.stdout + said.stderr, line
    for how in ("bar", "lines"):
        said = avio(f"watch {JOB} --progress {how}", 1)
        assert odd not in said.stdout + said.stderr, how
    assert odd not in avio(f"cancel {JOB}").stderr
