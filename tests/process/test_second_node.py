"""Two supervisors of one server: the second shares the tier of the first, or has its own and takes no job."""

import json
import os
import signal
import subprocess
import sys

import httpx2
import pytest

from avio.db import tiers
from avio.db.connection import borrow
from avio.engines.local.marker import make_marker
from tests.process.programs import as_user
from tests.process.site import CONFIG, END_LIMIT, SIZE, Site
from tests.processes import wait_until

pytestmark = pytest.mark.faults

# The tiers of the second node, and how each of them is named.
OWN = {
    "the same alias on a disk of its own": ("MEM", "tier MEM is not mounted at {home}/own"),
    "another alias": ("SSD", "tier MEM of the other nodes is missing in the settings of this machine"),
}


@pytest.fixture(params=OWN)
def second(request: pytest.FixtureRequest, site_with_redis: Site) -> tuple[Site, str, str]:
    """Return the site, the settings file of a second machine, and what is wrong with its tiers."""
    alias, wrong = OWN[request.param]
    home = site_with_redis.home
    text = CONFIG.format(home=home).replace(f"{home}/cache", f"{home}/own").replace('"MEM"', f'"{alias}"')
    (home / "second.toml").write_text(text)
    (home / "own").mkdir()
    return site_with_redis, str(home / "second.toml"), wrong.format(home=home)


def admin(site: Site, config: str, *words: str) -> tuple[int, str]:
    """Run an avio-server command with the settings `config`; return its exit code and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "avio.admin", *words],
        cwd=as_user.ROOT,
        env=site.environ(AVIO_CONFIG=config, AVIO_NODE="n2"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_second_node_with_tiers_of_its_own_takes_no_job_and_is_named(second: tuple[Site, str, str]) -> None:
    site, config, wrong = second
    site.fill(3)
    first = site.supervisor("n1")
    assert site.wait_for_end(site.order())["state"] == "succeeded"
    site.supervisor("n2", AVIO_CONFIG=config)
    wait_until(lambda: site.node("n2") and site.node("n2").state == "draining", END_LIMIT, "the second node drains")

    for word in ("check", "doctor"):
        code, text = admin(site, config, word)
        assert (code, wrong in text) == (1, True), text
        assert wrong not in admin(site, str(site.home / "avio.toml"), word)[1]
    web = site.web(AVIO_CONFIG=config)
    ready = httpx2.get(f"{web.url}/readyz", timeout=10)
    assert (ready.status_code, ready.json()["parts"]["engine"]["ok"]) == (503, False)
    assert "MEM" in ready.json()["parts"]["engine"]["message"]
    headers = {"Authorization": f"QBox {site.token()}"}
    stat = httpx2.get(f"{web.url}/stat", params={"alluxioUri": "/data/set"}, headers=headers, timeout=10)
    assert (stat.status_code, stat.json()["reason"]) == (503, "TIER_NOT_MOUNTED")  # and not: 0 bytes cached

    assert first.terminate() == 0
    site.fill(4, "more")
    job = site.order("/data/more")
    wait_until(lambda: wrong in site.row(job)["message"], END_LIMIT, "the job says why it waits")
    assert (site.row(job)["state"], site.row(job)["attempt"]) == ("queued", 0)
    shown = httpx2.get(f"{web.url}/jobs/{job}", headers=headers, timeout=10).json()
    assert shown["message"].startswith("node n2 takes no job: ")

    site.supervisor("n1")
    row = site.wait_for_end(job)
    assert (row["state"], site.attempts(job)[0].node, len(site.cached())) == ("succeeded", "n1", 7)
    assert wrong not in row["message"]
    assert [path for path in (site.home / "own").rglob("*") if path.is_file()] == []


def test_a_node_takes_jobs_once_its_tier_is_mounted_even_if_its_intake_died_meanwhile(site_with_redis: Site) -> None:
    site = site_with_redis
    site.fill(3)
    with borrow():
        tiers.register("MEM", make_marker(site.home / "disk"))
    node = site.supervisor()
    wait_until(lambda: site.node() and site.node().state == "draining", END_LIMIT, "the node drains")
    job = site.order()
    os.kill(before := node.intake(), signal.SIGKILL)
    wait_until(lambda: node.intakes() not in ([], [before]), END_LIMIT, "another intake is there")

    site.cache.rmdir()
    (site.home / "disk").rename(site.cache)

    assert site.wait_for_end(job)["state"] == "succeeded"
    assert site.node().state == "active"


def test_two_nodes_that_share_a_directory_both_take_jobs_and_never_more_than_its_capacity(
    site_with_redis: Site,
) -> None:
    site = site_with_redis
    text = CONFIG.format(home=site.home).replace("1GiB", str(50 * SIZE))
    for name in ("avio", "second"):
        (site.home / f"{name}.toml").write_text(text)
    jobs = []
    for number in range(4):
        site.fill(20, f"set{number}")
        jobs.append(site.order(f"/data/set{number}"))
    slow = {"AVIO_SLOTS": "2", "AVIO_FAULT": "executor.before-verify:delay:2"}
    site.supervisor("n1", **slow)
    site.supervisor("n2", AVIO_CONFIG=str(site.home / "second.toml"), **slow)

    rows = [site.wait_for_end(job) for job in jobs]

    assert {site.attempts(job)[0].node for job in jobs} == {"n1", "n2"}
    assert (
        sorted((row["state"], row["reason"]) for row in rows)
        == [("failed", "CACHE_FULL")] * 2 + [("succeeded", None)] * 2
    )
    assert sum(file.stat().st_size for file in site.cached()) <= 50 * SIZE
    code, told = admin(site, str(site.home / "second.toml"), "tiers", "--json")
    assert (code, json.loads(told)[0]["used"]) == (0, sum(file.stat().st_size for file in site.cached()))
