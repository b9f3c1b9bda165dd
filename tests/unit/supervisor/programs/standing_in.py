"""Run as a program, in place of keeper: forks one real job process whose work is to say where it finds itself.

`python -m tests.unit.supervisor.programs.standing_in DIRECTORY MANNER LEASE`; it writes `facts.json`, then
does as MANNER says.
"""

import json
import os
import resource
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from avio.clock import boottime
from avio.executor.attempt import Attempt
from avio.isolation.calls import prctl
from avio.isolation.ladder import Ground
from avio.isolation.plan import BASIC, Plan
from avio.wire.limits import Limits
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.results import Result
from avio.wire.states import JobType
from supervisor.child import entrypoint
from supervisor.keeper.job_process import fork
from supervisor.shared.control import Deadline

LIMITS = Limits(bandwidth=70_000)
PR_GET_DUMPABLE = 3
PR_GET_NO_NEW_PRIVS = 39


def facts() -> dict[str, object]:
    """What a job process can tell of itself."""
    descriptors = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            descriptors[name] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # that of the listing itself
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "session": os.getsid(0),
        "descriptors": descriptors,
        "environ": dict(os.environ),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE),
        "nice": os.nice(0),
        "oom": int(Path("/proc/self/oom_score_adj").read_text()),
        "dumpable": prctl(PR_GET_DUMPABLE),
        "no_new_privileges": prctl(PR_GET_NO_NEW_PRIVS),
        "directory": os.getcwd(),
        "masked": len(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "interrupts": signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
        "threads": sorted(thread.name for thread in threading.enumerate()),
    }


def work(order: Order, attempt: Attempt, directory: Path) -> Result:
    """What the job process does in place of its work."""
    print("words on standard output")
    told = directory / "facts.part"
    told.write_text(json.dumps({**facts(), "order": order.to_json(), "deadline": attempt.deadline}))
    told.rename(directory / "facts.json")
    manner = order.params.alluxio_uri
    if manner == "/raise":
        raise RuntimeError("on purpose")
    while manner != "/end" and not (manner == "/obey" and attempt.stopping()):
        time.sleep(0.02)
        if manner == "/limited" and attempt.concurrency == 16:
            break
    return Result(order.job, order.attempt, "stopped" if attempt.stopping() else "succeeded")


def main() -> None:
    """Fork the process; print its pid and at last its exit code.

    A number on standard input renews its deadline; a JSON object goes into its control pipe as it is.
    """
    directory, manner, lease = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    entrypoint.CLEAN_UP_SECONDS = 0.3
    entrypoint.run = work  # type: ignore[assignment]
    leaked = socket.create_server(("127.0.0.1", 0))
    os.set_inheritable(leaked.fileno(), True)
    order = Order("JOB", 1, JobType.PRELOAD, Params(f"/{manner}"), {"secret": "in the pipe alone"}, limits=LIMITS)
    process = fork("JOB", 1, directory, order.to_json(), boottime() + lease, Ground(Plan(BASIC), os.getpid()))
    print(process.pid, flush=True)
    for line in sys.stdin:
        if line.startswith("{"):
            os.write(process.control, line.encode())
        else:
            process.send(Deadline(boottime() + float(line)))
    if manner == "orphan":
        os.close(process.control)
    _, status = os.waitpid(process.pid, 0)
    process.log.close()
    print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
