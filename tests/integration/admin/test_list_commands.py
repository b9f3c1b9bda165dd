"""`avio-server jobs` and `avio-server nodes`: what an admin sees of the work."""

from avio.db import claims, ends
from avio.errors import NotFound
from avio.wire.timings import Forecast, Timing
from tests.contract.db import given
from tests.integration.admin.conftest import Server


def test_jobs_of_all_users_are_listed_newest_first_and_narrowed(server: Server) -> None:
    with server.database():
        given.user()
        given.user("bob")
        given.node()
        running = given.running(files_done=3, files_total=9)
        waiting = given.job(2)

    rows = server.rows("jobs")

    assert [row["id"] for row in rows] == sorted([running, waiting], reverse=True)
    (row,) = server.rows("jobs", "--status", "running", "--uid", "1")
    assert (row["id"], row["type"], row["node"], row["files"], row["attempt"]) == (running, "preload", "n1", "3/9+", 1)
    assert len(server.rows("jobs", "--limit", "1")) == 1
    assert server.rows("jobs", "--uid", "7") == []
    assert running in server.done("jobs")


def test_an_unknown_status_is_refused_with_the_known_ones(server: Server) -> None:
    result = server.run("jobs", "--status", "done")

    assert result.exit_code == 2
    assert "succeeded" in result.output


def test_a_job_is_shown_attempt_by_attempt_with_its_isolation(server: Server) -> None:
    with server.database():
        given.user()
        given.node()
        job = given.job()
        claims.claim(job, "n1", 1)
        claims.mark_running(job, 1, "n1", 1, 77, '{"used": ["session", "cgroup"], "missing": {"user": "not root"}}')
        ends.give_back(job, 1, ends.Cause.CRASHED, "died", ends.Exit(signal=9, max_rss=1000))

    (row,) = server.rows("job", job)

    assert (row["attempt"], row["node"], row["pid"], row["outcome"]) == (1, "n1", 77, "crashed")
    assert (row["exit"], row["isolation"], row["missing"]) == ("signal 9", "session cgroup", "user: not root")
    assert isinstance(server.run("job", "nowhere").exception, NotFound)


def test_nodes_tell_whether_they_were_heard_of_and_what_they_run(server: Server) -> None:
    with server.database():
        given.user()
        given.node()
        given.node("n2")
        given.running()
        given.lease_over("n2", 5)

    rows = {row["name"]: row for row in server.rows("nodes")}

    assert (rows["n1"]["state"], rows["n1"]["running"], rows["n1"]["slots"]) == ("active", 1, 2)
    assert (rows["n2"]["state"], rows["n2"]["running"]) == ("silent", 0)


def test_a_name_with_control_characters_does_not_reach_the_terminal(server: Server) -> None:
    with server.database():
        given.user()
        given.job(message="\x1b[31mred\nline")

    output = server.done("jobs")

    assert "\x1b" not in output
    assert len(output.splitlines()) == 2


def test_nothing_to_list_says_so(server: Server) -> None:
    assert server.rows("nodes") == []
    assert "none" in server.run("nodes").output


def test_stats_tell_how_right_the_forecasts_were_by_type_and_size_of_file(server: Server) -> None:
    with server.database():
        given.user()
        given.node()
        for p50, files in ((900, 1000), (1100, 1000), (2000, 1000), (500, 1)):
            forecasts = [Forecast(10, p50, 1500, 1000)]
            job = given.running()
            assert ends.finish(given.result(job, timing=Timing(files, 1 << 29, 9, 1, 1, False, forecasts)), "succeeded")

    rows = server.rows("stats", "eta")

    assert [(row["files"], row["after"]) for row in rows[::3]] == [("small", 10), ("large", 10)]
    small, large = rows[0], rows[3]
    assert (small["type"], small["jobs"], small["forecasts"]) == ("preload", 3, 3)
    assert (small["within_20"], small["median_error"], small["within_p90"]) == (0.6667, 0.1, 1.0)
    assert (large["within_20"], large["median_error"]) == (0.0, -0.5)
    assert (rows[1]["after"], rows[1]["forecasts"], rows[1]["within_20"]) == (25, 0, None)
    assert "+10%" in server.done("stats", "eta")
    assert server.rows("stats", "eta", "--limit", "1")[0]["jobs"] == 1
