"""Web as it is served: gunicorn with the settings of `avio.api.gunicorn_config`, in processes of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from avio.config import Settings
from tests.processes import wait_until
from tests.servers.plain_http import NO_CERTIFICATES
from tests.servers.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "gunicorn", "--config", "python:avio.api.gunicorn_config", "app:app"]
LIMIT = 30.0  # seconds
LIST_BYTES_MAX = 1 << 20


class Web:
    """A running gunicorn: its address, and what it wrote."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = log

    def lines(self) -> list[dict[str, Any]]:
        """Return its log, which has to be JSON lines and nothing else."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def answers(self) -> bool:
        """Tell whether it takes calls; it has to run."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx2.get(f"{self.url}/healthz", verify=NO_CERTIFICATES).is_success
        except httpx2.TransportError:
            return False


def environment(settings: Settings, file: Path, **more: str) -> dict[str, str]:
    """Write the settings down and return what points a process to them."""
    mounts = "".join(f'[mounts."{path}"]\nurl = "{mount.url}"\n' for path, mount in settings.mounts.items())
    tiers = "".join(
        f'[[tiers]]\nalias = "{tier.alias}"\npath = "{tier.path}"\ncapacity = {int(tier.capacity)}\n'
        for tier in settings.tiers
    )
    head = f'database_url = "{settings.database_url}"\nredis_url = "{settings.redis_url}"\n'
    file.write_text(head + mounts + tiers)
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("AVIO_")}
    return {**inherited, "AVIO_CONFIG": str(file), **more}


@contextmanager
def served(settings: Settings, directory: Path) -> Iterator[Web]:
    """Run one worker with four threads, of which two may listen; yield it when it answers."""
    port = free_port()
    small = {"AVIO_WEB_WORKERS": "1", "AVIO_WEB_THREADS": "4", "AVIO_LISTENERS": "2", "AVIO_PORT": str(port)}
    small["AVIO_LIST_BYTES_MAX"] = str(LIST_BYTES_MAX)
    log = directory / "web.log"
    with open(log, "wb") as stream:
        process = subprocess.Popen(
            COMMAND, cwd=ROOT, env=environment(settings, directory / "avio.toml", **small), stdout=stream, stderr=stream
        )
    web = Web(process, port, log)
    try:
        wait_until(web.answers, LIMIT, "web answers")
        yield web
    finally:
        process.terminate()
        process.wait(LIMIT)


def client(web: Web, token: str) -> httpx2.Client:
    """Return a client with the token of a user."""
    headers = {"Authorization": f"QBox {token}"}
    return httpx2.Client(base_url=web.url, headers=headers, timeout=LIMIT, verify=NO_CERTIFICATES)
