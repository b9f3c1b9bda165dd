"""Messages of the server in the words of the CLI: options instead of members, commands instead of endpoints."""

from pathlib import Path

import pytest

from avio.commands.wording import in_cli_words
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, job_info
from tests.unit.commands.stub import Reply, Stub, problem, sse

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("use ifFull=partial to load what fits", "use --if-full partial to load what fits"),
        ("use spread=true, or tier=SSD, which has room", "use --spread, or --tier SSD, which has room"),
        ("free some of the cache (POST /free)", "free some of the cache (avio free PATH)"),
        (
            "use symlinks=follow, which takes it, or symlinks=skip",
            "use --symlinks follow, which takes it, or --symlinks skip",
        ),
        (
            "kept: 1 deleted in the bucket (touch it, or drop it by POST /free), 2 spared by overwrite=never",
            "kept: 1 deleted in the bucket (touch it, or drop it by avio free PATH), 2 spared by --overwrite never",
        ),
        ("use recursive=true to include all", "use --recursive to include all"),
        ("the engine does not support tier=ALIAS, spread=true", "the engine does not support --tier ALIAS, --spread"),
        ("params.depth: must be 0 to 1000", "--depth: must be 0 to 1000"),
        ("the request is invalid: params.alluxioUri, params.tier", "the request is invalid: PATH, --tier"),
        ("no token was sent; send Authorization: QBox <token>", "you are not logged in to this server"),
        ("send text/plain, one path on each line", "write one path on each line of the file"),
        ("correct these lines and upload the list again", "correct these lines of the file and run the command again"),
        ("has a NUL; if one ends each path, use separator=nul", "has a NUL; if one ends each path, use --null"),
        ("leave separator=nul out if each line is a path", "leave --null out if each line is a path"),
        ("the file list does not fit its separator", "the file list does not fit --null"),
        ("separator: is nul, but no path ends with NUL", "--null: no path ends with NUL"),
        ("planOf=preload, versions=true", "--dry-run of preload, avio apply"),
        ("chooses its files by params.filters", "chooses its files by --include or --exclude"),
        ("alluxioUri is too long.", "alluxioUri is too long."),
    ],
)
def test_members_and_endpoints_become_options_and_commands(said: str, shown: str) -> None:
    assert in_cli_words(said) == shown.replace("alluxioUri", "PATH")


@pytest.mark.parametrize(
    "text",
    [
        "/data/tier=MEM/depth=3/x is not saved",
        "/data/ifFull/params.tier is neither in its bucket nor in the cache",
        "/data/run-spread=true.tar: the tier of a file, and its depth",
        "depth=one",
        "overwrite symlinks=all",
    ],
)
def test_paths_and_other_words_stay_as_they_are(text: str) -> None:
    assert in_cli_words(text) == text.replace("depth=one", "--depth one")


def test_the_example_of_the_documents_is_in_the_words_of_the_cli() -> None:
    example = DOCS.partition("```\nerror:")[2].partition("```")[0]

    assert example.count("\n") == 3
    assert in_cli_words(example) == example


@pytest.mark.usefixtures("logged_in")
@pytest.mark.parametrize("command", ["preload /data", "stat /data"])
def test_a_refusal_is_in_the_words_of_the_cli(avio: Avio, stub: Stub, command: str) -> None:
    refusal = problem(400, "X", "no ifFull=partial here", cure="use tier=MEM")
    stub.on("POST", "/preload", refusal)
    stub.on("GET", "/stat", refusal)

    said = avio(command, 2).stderr

    assert "no --if-full partial here" in said
    assert "try:     use --tier MEM" in said


@pytest.mark.usefixtures("logged_in")
def test_jobs_and_reports_are_in_the_words_of_the_cli(avio: Avio, stub: Stub) -> None:
    errors = [{"reason": "X", "count": 1, "retryable": False, "hint": "use tier=MEM", "samples": []}]
    job = job_info("failed", reason="CACHE_FULL", message="no room; use ifFull=partial", errors=errors)
    stub.on("GET", f"/jobs/{JOB}", job)
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", job)))
    line = '{"path":"/a","pathBytes":null,"outcome":"failed","bytes":0,"tier":null,"reason":"X","tries":1,'
    stub.on("GET", f"/jobs/{JOB}/report", Reply(line + '"message":"use tier=MEM"}\n'))

    shown = [avio(f"job show {JOB}").stdout, avio(f"watch {JOB}", 10).stderr]

    assert ["use --if-full partial" in text and "use --tier MEM" in text for text in shown] == [True, True]
    assert "use --tier MEM" in avio(f"report {JOB}").stdout


@pytest.mark.usefixtures("logged_in")
def test_the_options_of_a_job_are_those_of_the_cli(avio: Avio, stub: Stub) -> None:
    params = {"alluxioUri": "/data", "fromFileList": False, "depth": 0, "spread": True, "ifFull": "partial"}
    stub.on("GET", f"/jobs/{JOB}", job_info(params=params))

    assert "--depth 0, --spread, --if-full partial\n" in avio(f"job show {JOB}").stdout


@pytest.mark.usefixtures("logged_in")
@pytest.mark.parametrize(
    ("reason", "code", "tried"),
    [
        ("INTERNAL", 1, f"avio log {JOB}; then avio retry {JOB}"),
        ("NOTHING_MATCHED", 11, f"avio log {JOB}"),
        ("UNSUPPORTED_OPTION", 2, f"avio log {JOB}"),
        ("CACHE_FULL", 10, f"avio tiers shows what is free; once there is room: avio retry {JOB}"),
    ],
)
def test_a_retry_is_proposed_only_where_it_may_help(avio: Avio, stub: Stub, reason: str, code: int, tried: str) -> None:
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", job_info("failed", reason=reason, message="no"))))

    [*_, last] = avio(f"watch {JOB}", code).stderr.splitlines()

    assert last == f"try:     {tried}"


@pytest.mark.usefixtures("logged_in")
def test_the_last_line_says_which_tiers_have_the_files(avio: Avio, stub: Stub) -> None:
    job = job_info("succeeded", message="4 files in place; files on 2 tiers: MEM 3, SSD 1")
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", job)))
    stub.on("GET", f"/jobs/{JOB}", job)

    assert avio(f"watch {JOB}").stderr.endswith("; files on 2 tiers: MEM 3, SSD 1\n")
    assert "files on 2 tiers: MEM 3, SSD 1" in avio(f"job show {JOB}").stdout
