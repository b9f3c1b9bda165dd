"""A person's shell: the `avio` command with a home of its own, over a server's URL. Knows nothing of the server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from avio.client import Client
from avio.client.shapes import JobInfo

AVIO = Path(sys.executable).with_name("avio")
LIMIT = 60.0  # seconds for any one command


class Terminal:
    """One user's terminal; each command is a process of its own."""

    def __init__(self, home: Path, url: str, name: str, password: str) -> None:
        home.mkdir(parents=True)
        self.url = url
        self.name = name
        self.password = password
        self.environ = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "AVIO_URL": url}
        self._session = home / "avio" / "config.json"

    def log_in(self) -> None:
        """Log in by the command; what follows has the token."""
        run = self.avio("login", "--name", self.name, "--password-stdin", typed=self.password)
        assert run.returncode == 0, run.stderr

    @property
    def token(self) -> str:
        """The token that `avio login` has kept."""
        token: str = json.loads(self._session.read_text())["token"]
        return token

    def avio(self, *words: str, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever its exit code."""
        return subprocess.run(
            [AVIO, *words],
            input=typed,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """Run a command with --json and return what it prints; fails unless it exits 0."""
        run = self.avio(*words, "--json")
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command whose end is waited for with `communicate`."""
        return subprocess.Popen(
            [AVIO, *words], env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def watch(self, job: str) -> list[JobInfo]:
        """Follow a job to its end, which must be a success; return it as it stood at each change."""
        run = self.avio("watch", job, "--json")
        assert run.returncode == 0, run.stderr
        return [json.loads(line) for line in run.stdout.splitlines()]

    def order(self, *words: str) -> str:
        """Order a preload or a save without waiting for it, and return the id of the job."""
        run = self.avio(*words)
        assert run.returncode == 0, run.stderr
        return run.stdout.strip()

    def client(self) -> Client:
        """Return a client with the same token, for questions that are asked often."""
        return Client(self.url, self.token)
