"""`avio-server up` with a mount whose store does not answer: the others are served, and the dead one is named."""

from pathlib import Path

import pytest

from avio.admin.readiness import ask_readiness
from tests.e2e.up_server import roof

CONFIG = """
[mounts."/dead"]
url = "s3://b"
[mounts."/dead".options]
endpoint = "http://127.0.0.1:1"
region = "r"
access_key_id = "k"
secret_access_key = "s"
allow_http = "true"
[mounts."/well"]
url = "{bucket}"
[[tiers]]
alias = "SSD"
path = "{tier}"
capacity = "1GiB"
"""


@pytest.mark.faults
def test_up_serves_the_mounts_that_answer_and_names_the_dead_one(tmp_path: Path) -> None:
    home, bucket, tier = (tmp_path / name for name in ("home", "bucket", "tier"))
    for directory in (home, bucket, tier):
        directory.mkdir()
    (bucket / "a").write_text("a")
    (home / "avio.toml").write_text(CONFIG.format(bucket=bucket.as_uri(), tier=tier))

    with roof(tmp_path, fault="") as up:
        states = {entry["path"]: entry["state"] for entry in up.admin.json("ls", "/")["entries"]}
        assert states == {"/dead": "unknown", "/well": "remote"}
        assert "no answer from /dead" in up.admin.avio("ls", "/").stderr
        assert up.admin.avio("preload", "/well", "--wait").returncode == 0
        hopeless = up.admin.begin("preload", "/dead", "--wait")
        unready, missing = ask_readiness(up.admin.url)
        assert unready is None
        assert missing.startswith("no answer from mount /dead: no connection; check that the store is up")

        (tier / "dead/d").mkdir(parents=True)
        (tier / "dead/d/x").write_text("x")
        found = up.admin.avio("path", "/dead/d")
        assert (found.returncode, found.stdout) == (3, f"{tier}/dead/d\n")
        assert "the bucket does not answer (ENGINE_AWAY): 1 cached files" in found.stderr
        hopeless.communicate(timeout=60)
        assert hopeless.returncode == 5

    assert "warning: no answer from mount /dead" in (tmp_path / "up.log").read_text()
