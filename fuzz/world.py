"""A real web under gunicorn, with SQLite, a Valkey and the local engine over a bucket of a few files."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from avio import passwords
from avio.admin.child_process import die_with_parent
from avio.api import create_app
from avio.config import Mount, Settings, TierSpec
from avio.db import artifacts, schema, tokens, users
from avio.db.connection import borrow, shut
from avio.engines.base import Entry, EntryState
from tests.servers.ports import free_port
from tests.servers.valkey import valkey

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "gunicorn", "--config", "python:avio.api.gunicorn_config", "app:app"]
START_LIMIT = 30.0  # seconds
TOKEN_SECONDS = 7200
FILES = ("train/a.bin", "train/b.bin", "train/deep/c.bin", "top.bin")
PATHS = ("/", "/data", "/data/train", "/data/train/a.bin", "/data/train/deep", "/data/none")
PASSWORD = "correct horse"
SCHEDULE = {"type": 1, "params": {"alluxioUri": "/data/train"}, "cron": "0 2 * * *"}


@dataclass(frozen=True, slots=True)
class Seeds:
    """Ids that a user may ask for: jobs that have ended or not, file lists, schedules and keeps."""

    jobs: list[str]
    lists: list[str]
    schedules: list[str] = field(default_factory=list)
    keeps: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class World:
    """The address of the running web, and its log."""

    url: str
    log: Path

    def token_of(self, name: str) -> str:
        """Return a new token of a user; one user may have any number."""
        token = passwords.new_token()
        with borrow():
            user = users.find(name)
            assert user is not None
            tokens.add(passwords.digest(token), user.uid, TOKEN_SECONDS)
        return token

    def seed(self, token: str) -> Seeds:
        """Order jobs and upload lists with `token`."""
        with httpx2.Client(base_url=self.url, headers={"Authorization": f"QBox {token}"}, timeout=START_LIMIT) as http:
            jobs = [
                http.post("/preload", json={"params": {"alluxioUri": "/data/train"}}).raise_for_status().json()["id"]
                for _ in range(4)
            ]
            for job in jobs[:2]:
                http.post(f"/jobs/{job}/cancel", json={}).raise_for_status()
                _leave(job)
            lists = [
                http.post("/filelists", content=b"/data/top.bin\n", headers={"Content-Type": "text/plain"})
                .raise_for_status()
                .json()["fileListId"]
                for _ in range(4)
            ]
            schedules = [http.post("/schedules", json=SCHEDULE).raise_for_status().json()["id"] for _ in range(8)]
            until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
            kept = [{"alluxioUri": f"/data/kept/{number}", "until": until} for number in range(4)]
            keeps = [http.post("/keeps", json=each).raise_for_status().json()["id"] for each in kept]
        return Seeds(jobs, lists, schedules, keeps)


def _leave(job: str) -> None:
    """Store what a worker node stores of a job that has run."""
    entry = asdict(Entry("/data/top.bin", "file", 70, 0.0, EntryState.CACHED, 70, {"MEM": 70}, True))
    texts = {
        "log": b"done\n",
        "report": b'{"path":"/data/top.bin","outcome":"done"}\n',
        "result": json.dumps(entry).encode() + b"\n",
    }
    with borrow():
        for kind, text in texts.items():
            artifacts.add(job, 1, kind, 0, text)


@contextmanager
def world(home: Path, names: dict[str, bool]) -> Iterator[World]:
    """Serve in `home`, with a user of each name; the value says whether it is an admin."""
    for name in FILES:
        file = home / "bucket" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode() * 10)
    with valkey(home / "valkey") as redis:
        port = free_port()
        settings = Settings(
            database_url=f"sqlite:///{home}/avio.db",
            redis_url=redis.url,
            mounts={"/data": Mount(url=f"file://{home}/bucket")},
            tiers=[TierSpec(alias="MEM", path=home / "mem", capacity=1 << 30)],
            port=port,
        )
        create_app(settings)
        with borrow():
            schema.prepare()
            for name, admin in names.items():
                users.create(name, passwords.hash_password(PASSWORD), admin=admin)
        try:
            with _gunicorn(home, settings) as url:
                yield World(url, home / "web.log")
        finally:
            shut()


@contextmanager
def _gunicorn(home: Path, settings: Settings) -> Iterator[str]:
    log = home / "web.log"
    config = home / "avio.toml"
    config.write_text(_toml(settings))
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("AVIO_")}
    with open(log, "wb") as stream:
        process = subprocess.Popen(
            COMMAND,
            cwd=ROOT,
            env={**inherited, "AVIO_CONFIG": str(config)},
            stdout=stream,
            stderr=stream,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    url = f"http://127.0.0.1:{settings.port}"
    try:
        _wait(process, url, log)
        yield url
        if process.poll() is not None:
            raise RuntimeError(f"web ended with {process.returncode}: {log.read_text()[-2000:]}")
    finally:
        process.terminate()
        process.wait(START_LIMIT)


def _toml(settings: Settings) -> str:
    (mount,) = settings.mounts.items()
    (tier,) = settings.tiers
    return (
        f'database_url = "{settings.database_url}"\nredis_url = "{settings.redis_url}"\nport = {settings.port}\n'
        f'[mounts."{mount[0]}"]\nurl = "{mount[1].url}"\n'
        f'[[tiers]]\nalias = "{tier.alias}"\npath = "{tier.path}"\ncapacity = {int(tier.capacity)}\n'
    )


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while True:
        try:
            httpx2.get(f"{url}/healthz")
            return
        except httpx2.TransportError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"web does not answer: {log.read_text()[-2000:]}") from None
            time.sleep(0.05)
