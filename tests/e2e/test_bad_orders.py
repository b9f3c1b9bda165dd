"""Bad input as a person sees it: three lines that say what, why and what to do, and an exit code for scripts."""

import subprocess
from hashlib import sha256

import pytest

from tests.e2e.file_trees import small_files, upload
from tests.e2e.running_server import Stage
from tests.e2e.terminal import Terminal

TREE = small_files(3, "refused")
ULID = "0" * 26


@pytest.fixture(scope="module")
def stage(calm_stage: Stage) -> Stage:
    upload(calm_stage.bucket, TREE)
    return calm_stage


@pytest.fixture(scope="module")
def stranger(stage: Stage) -> Terminal:
    terminal = stage.cluster.add_user("stranger")
    terminal.log_in()
    return terminal


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ("ls /data/../etc", 2, "BAD_REQUEST"),
        ("preload /data/refused --tier FLOPPY", 2, "BAD_REQUEST"),
        ("stat /data/nowhere", 6, "PATH_NOT_FOUND"),
        ("preload /data/nowhere", 6, "PATH_NOT_FOUND"),
        ("save /elsewhere", 6, "PATH_NOT_FOUND"),
        (f"job show {ULID}", 6, "NOT_FOUND"),
    ],
)
def test_what_can_t_be_done_is_refused_before_anything_is_queued(
    stage: Stage, words: str, code: int, reason: str
) -> None:
    before = stage.cluster.query("SELECT count(*) FROM jobs")

    run = stage.user.avio(*words.split())

    assert_refused(run, code, reason)
    assert stage.cluster.query("SELECT count(*) FROM jobs") == before


def test_a_wrong_token_is_told_to_log_in(stage: Stage) -> None:
    run = stage.user.avio("jobs", AVIO_TOKEN="no-such-token")

    assert_refused(run, 4, "NOT_AUTHENTICATED")
    assert "avio login" in run.stderr


def test_an_expired_token_is_told_so(stage: Stage, stranger: Terminal) -> None:
    with stranger.client() as client:
        token = client.login(stranger.name, stranger.password)["authToken"]
    digest = sha256(token.encode()).hexdigest()
    stage.cluster.query("UPDATE tokens SET expires_at = created_at WHERE digest = %s", digest)

    run = stranger.avio("jobs", AVIO_TOKEN=token)

    assert_refused(run, 4, "NOT_AUTHENTICATED")
    assert "expired" in run.stderr
    assert "avio login" in run.stderr


def test_somebody_else_s_job_is_not_found(stage: Stage, stranger: Terminal) -> None:
    job = stage.user.order("preload", "/data/refused")

    for words in ("job show", "cancel", "log"):
        assert_refused(stranger.avio(*words.split(), job), 6, "NOT_FOUND")
    assert stranger.json("jobs") == {"jobs": []}


def test_no_matching_file_is_no_success(stage: Stage) -> None:
    stage.cache.file("hollow").mkdir(parents=True)

    run = stage.user.avio("preload", "/data/hollow", "--wait")

    assert_refused(run, 11, "NOTHING_MATCHED", head="failed")


def assert_refused(run: subprocess.CompletedProcess[str], code: int, reason: str, *, head: str = "error") -> None:
    """The exit code, and what, why and what to do, at the end of standard error."""
    assert run.returncode == code, run.stdout + run.stderr
    lines = [line.split(maxsplit=1) for line in run.stderr.splitlines()[-3:]]
    assert [label for label, _ in lines] == [f"{head}:", "why:", "try:"]
    assert all(text for _, text in lines)
    assert reason in run.stderr
