"""Real processes of avio, as a test starts, looks at and ends them: by pid."""

import os
import signal
import subprocess
from pathlib import Path

import httpx2

from tests.process.programs import as_user
from tests.processes import command, is_alive, slowness, wait_until
from tests.servers.plain_http import NO_CERTIFICATES

STOP_LIMIT = 15.0


class Program:
    """A process of avio, with its log."""

    def __init__(
        self, module: str, environ: dict[str, str], log: Path, user: int | None = None, *arguments: str
    ) -> None:
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                [*as_user.command(module, user), *arguments],
                cwd=as_user.ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.pid = self.process.pid

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait(STOP_LIMIT * slowness())

    def terminate(self) -> int:
        """Ask it to leave; return its exit code."""
        self.process.terminate()
        return self.process.wait(STOP_LIMIT * slowness())

    def words(self) -> str:
        """Return what it and its children logged."""
        return self.log.read_text(errors="replace")


class Web(Program):
    """gunicorn, with its workers."""

    url = ""

    def answers(self) -> bool:
        """Tell whether it takes calls."""
        try:
            return httpx2.get(f"{self.url}/healthz", timeout=2, verify=NO_CERTIFICATES).is_success
        except httpx2.TransportError:
            return False


class Supervisor(Program):
    """keeper, with its intake and its jobs."""

    def intake(self) -> int:
        """Return the pid of intake, once there is one."""
        wait_until(self.intakes, 10, "intake is there")
        return self.intakes()[0]

    def intakes(self) -> list[int]:
        """Return the pid of intake, if there is one."""
        return self._children(intake=True)

    def jobs(self) -> list[int]:
        """Return the pids of the job processes."""
        return self._children(intake=False)

    def job(self) -> int:
        """Return the pid of the job process, once there is one."""
        wait_until(self.jobs, 15, "a job process is there")
        return self.jobs()[0]

    def kill_all(self) -> None:
        """End keeper; whatever of its children does not die with it is ended too."""
        below = self._below()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(STOP_LIMIT)
        for pid in below:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)

    def _below(self) -> list[int]:
        try:
            return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        except OSError:
            return []

    def _children(self, *, intake: bool) -> list[int]:
        # A process that was just forked has no command line of its own yet: a job has keeper's, intake none.
        return [
            pid
            for pid in self._below()
            if is_alive(pid) and (("supervisor.intake" in command(pid)) if intake else _is_apart(pid))
        ]


def _is_apart(pid: int) -> bool:
    """Tell whether `pid` leads a session: a job process that has begun."""
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False
