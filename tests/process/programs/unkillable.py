"""Run as a program, in place of the supervisor: its kills have no effect while the file in `PYTHON_GRIP` is there.

So a process looks to keeper that the kernel holds on to, on any machine. Its jobs are those of `misbehaving`.
"""

import os
import sys
from pathlib import Path

from supervisor.__main__ import main
from supervisor.child import entrypoint
from supervisor.keeper.job_process import JobProcess
from tests.process.programs.misbehaving import work

_kill = JobProcess.kill


def kill(process: JobProcess, now: float) -> None:
    """Kill, as far as the grip lets go."""
    if Path(os.environ["PYTHON_GRIP"]).exists():
        process.killed_at = process.killed_at or now
    else:
        _kill(process, now)


if __name__ == "__main__":
    entrypoint.run = work  # type: ignore[assignment]
    JobProcess.kill = kill  # type: ignore[method-assign]
    sys.exit(main())
