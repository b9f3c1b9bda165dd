"""Jobs as another user than the supervisor, a supervisor without root's rights, and a user that can't read avio."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.isolation import user_access
from avio.isolation.user_access import Denied, denied_code, denied_directories
from avio.isolation.users import User, find_user
from tests.process.site import Site

NOBODY = 65534

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def nobody() -> User:
    return find_user("nobody")


@pytest.fixture
def open_site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site that belongs to nobody; not below pytest's own directory, which is for one user."""
    home = Path(tempfile.mkdtemp(prefix="avio-open-"))
    home.chmod(0o755)
    site = Site(home)
    site.fill(20)
    for path in (home, *home.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    yield site
    site.close(failed=True)
    shutil.rmtree(home)


@pytest.mark.faults
def test_a_supervisor_without_roots_rights_runs_jobs(open_site: Site) -> None:
    job = open_site.order()
    supervisor = open_site.supervisor(user=NOBODY)

    assert open_site.wait_for_end(job)["state"] == "succeeded"

    open_site.assert_all_cached(20)
    assert {file.stat().st_uid for file in open_site.cached()} == {NOBODY}
    assert supervisor.terminate() == 0


def test_jobs_of_root_are_run_by_their_own_user(open_site: Site) -> None:
    job = open_site.order()
    supervisor = open_site.supervisor(user=0, AVIO_JOB_USER="nobody")

    assert open_site.wait_for_end(job)["state"] == "succeeded"

    assert {file.stat().st_uid for file in open_site.cached()} == {NOBODY}
    assert '"user"' in open_site.attempts(job)[0].isolation
    assert supervisor.terminate() == 0


def test_a_spool_that_the_job_user_can_not_enter_is_named_at_the_start(open_site: Site) -> None:
    closed = open_site.home / "closed"
    closed.mkdir(mode=0o700)

    supervisor = open_site.supervisor(user=0, AVIO_JOB_USER="nobody", AVIO_SPOOL=str(closed / "spool"))

    assert supervisor.process.wait(20) == 2
    assert f"job_user: nobody can't enter {closed}, on the way to {closed}/spool/n1; chmod o+x" in supervisor.words()


def test_a_python_that_the_job_user_can_not_read_is_named(nobody: User, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path(tempfile.mkdtemp(prefix="avio-open-"))
    try:
        home.chmod(0o755)
        (home / "closed" / "lib").mkdir(parents=True)
        (home / "closed").chmod(0o700)
        (home / "open").mkdir()
        (home / "open" / "module.py").touch(0o600)
        (home / "link").symlink_to(home / "closed")
        paths = [f"{home}/closed/lib", f"{home}/link/lib", f"{home}/open", f"{home}/open/module.py", f"{home}/not"]
        monkeypatch.setattr(user_access, "code", lambda: iter(paths))

        found = denied_code(nobody)

        assert {(one.what, one.place) for one in found} == {
            ("enter", f"{home}/closed"),
            ("read", f"{home}/open/module.py"),
        }
        assert found[0].cure.startswith(f"chmod o+x {home}/closed, or move")
    finally:
        shutil.rmtree(home)


def test_a_tier_that_the_job_user_can_not_write_to_is_named(open_site: Site, nobody: User) -> None:
    os.chown(open_site.cache, 0, 0)

    found = denied_directories(nobody, [open_site.home], [open_site.cache, open_site.bucket, open_site.home / "not"])

    assert found == [Denied("nobody", "write to", str(open_site.cache), str(open_site.cache))]
    assert str(found[0]) == f"nobody can't write to {open_site.cache}"
