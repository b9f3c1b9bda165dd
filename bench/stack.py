"""A whole server for a measurement: `avio-server up` in a directory of its own, and a client that is logged in."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from avio.client import Client
from avio.client.shapes import JobInfo
from tests.servers.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "a password for measurements"
TERMINAL = {"succeeded", "partial", "failed", "cancelled"}


@dataclass(frozen=True, slots=True)
class Stack:
    """A running server; `pid` is that of `avio-server up`."""

    home: Path
    pid: int
    url: str
    client: Client
    token: str

    def wait_for_end(self, job: JobInfo) -> JobInfo:
        """Follow a job by long polls to its end."""
        while job["status"] not in TERMINAL:
            job = self.client.job(job["id"], wait=30, if_version=job["version"])
        return job


@contextmanager
def stack(home: Path, settings: str, **environ: str) -> Iterator[Stack]:
    """Run a server with `settings` as its avio.toml; stop it at the end."""
    home.mkdir(parents=True)
    (home / "avio.toml").write_text(settings, encoding="utf-8")
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "cli.py", "up", "--home", str(home), "--port", str(port)],
        cwd=ROOT,
        env={**_environ(), "AVIO_ADMIN_PASSWORD": PASSWORD, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        if not any("ready http" in line for line in process.stdout):
            raise RuntimeError("the server did not get ready")
        with Client(f"http://127.0.0.1:{port}") as anonymous:
            token = anonymous.login("admin", PASSWORD)["authToken"]
        with Client(f"http://127.0.0.1:{port}", token) as client:
            yield Stack(home, process.pid, f"http://127.0.0.1:{port}", client, token)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _environ() -> dict[str, str]:
    """Return ours; it may forbid Python to keep compiled files, which makes each start slower."""
    return {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def toml(mounts: Mapping[str, tuple[str, Mapping[str, str]]], tiers: Mapping[str, Path]) -> str:
    """Return an avio.toml: mounts by path (URL and options), tiers by alias, each of 100 GiB."""
    lines = []
    for path, (url, options) in mounts.items():
        lines += [f'[mounts."{path}"]', f'url = "{url}"', f'[mounts."{path}".options]']
        lines += [f'{name} = "{value}"' for name, value in options.items()]
    for alias, directory in tiers.items():
        directory.mkdir(parents=True, exist_ok=True)
        lines += ["[[tiers]]", f'alias = "{alias}"', f'path = "{directory}"', 'capacity = "100GiB"']
    return "\n".join(lines) + "\n"
