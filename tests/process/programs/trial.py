"""Run as a program, in place of keeper: forks one real job process that tries what it may and what it may not do.

`python -m tests.process.programs.trial` reads a JSON object from standard input: `home` (it holds
`attempt`, `tier`, `bucket`, `looks` and `outside`), `plan`, `limits`, `ports` (allowed, other), `trials`. The job
process writes `trials.json`; this program prints its exit code, whether it ran out of memory, and its pid.
"""

import ctypes
import errno
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from avio.clock import boottime
from avio.executor.attempt import Attempt
from avio.isolation.calls import Unavailable, prctl, syscall
from avio.isolation.cgroups import Groups, clear
from avio.isolation.ladder import Ground
from avio.isolation.plan import Limits, Plan
from avio.isolation.users import find_user
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.results import Result
from avio.wire.states import JobType
from supervisor.child import entrypoint
from supervisor.keeper.job_process import fork
from tests.process.programs import rights

PTRACE_ATTACH = 16
CLONE_NEWUSER = 0x10000000
NOBODY_THERE = 1 << 22  # above every pid
PTRACE, MOUNT, UNSHARE, CLONE, CLONE3 = {
    "x86_64": (101, 165, 272, 56, 435),
    "aarch64": (117, 40, 97, 220, 435),
}[os.uname().machine]

given: dict[str, Any] = {}


def write(place: str) -> None:
    (Path(given["home"]) / place / "written").write_text("by the job")


def move(tier: Path) -> None:
    """As a finished file goes to its final name."""
    for name in (".avio", "data"):
        (tier / name).mkdir(exist_ok=True)
    (tier / ".avio" / "part").write_text("x")
    (tier / ".avio" / "part").rename(tier / "data" / "whole")


def connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=5).close()


def listen() -> None:
    socket.create_server(("127.0.0.1", 0)).close()


def begin_namespace_by_clone() -> None:
    if syscall(CLONE, CLONE_NEWUSER | signal.SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)


def take_threads(number: int) -> None:
    over = threading.Event()
    try:
        for _ in range(number):
            threading.Thread(target=over.wait, daemon=True).start()
    except RuntimeError:
        raise OSError(errno.EAGAIN, "can't start new thread") from None
    finally:
        over.set()


def fork_one() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def open_files(number: int) -> None:
    with ExitStack() as opened:
        for _ in range(number):
            opened.enter_context(open(os.devnull))


def look(path: str) -> None:
    Path(path).read_bytes()


def take_memory() -> None:
    hoard = []
    while True:
        hoard.append(b"x" * (16 << 20))


def trials() -> dict[str, Callable[[], object]]:
    home = Path(given["home"])
    allowed, other = given["ports"]
    parent = os.getppid()
    return {
        "write attempt": lambda: write("attempt"),
        "write tier": lambda: write("tier"),
        "write bucket": lambda: write("bucket"),
        "write outside": lambda: write("outside"),
        "move in tier": lambda: move(home / "tier"),
        "read outside": lambda: look(f"{home}/outside/secret"),
        "read look": lambda: look(f"{home}/looks/newest"),
        "write look": lambda: (home / "looks" / "newest").write_text("a lie"),
        "replace look": lambda: (home / "tier" / "lie").rename(home / "looks" / "newest"),
        "add look": lambda: (home / "looks" / "newest.new").touch(),
        "read passwd": lambda: look("/etc/passwd"),
        "read keeper's environment": lambda: look(f"/proc/{parent}/environ"),
        "read urandom": lambda: os.close(os.open("/dev/urandom", os.O_RDONLY)),
        "write null": lambda: Path(os.devnull).write_text("x"),
        "read itself": lambda: look("/proc/self/stat"),
        "resolve": lambda: socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM),
        "certificates": ssl.create_default_context,
        "import": lambda: __import__("xml.dom.minidom"),
        "connect": lambda: connect(allowed),
        "connect elsewhere": lambda: connect(other),
        "listen": listen,
        "signal keeper": lambda: os.kill(parent, 0),
        "run a program": lambda: subprocess.run(["/bin/true"], check=True),
        "ptrace": lambda: syscall(PTRACE, PTRACE_ATTACH, NOBODY_THERE, 0, 0),
        "mount": lambda: syscall(MOUNT, b"none", b"/nowhere", b"tmpfs", 0, 0),
        "unshare": lambda: syscall(UNSHARE, CLONE_NEWUSER),
        "clone a namespace": begin_namespace_by_clone,
        "clone3": lambda: syscall(CLONE3, 0, 0),
        **rights.trials(home, parent),
        "threads": lambda: take_threads(50),
        "fork": fork_one,
        "many files": lambda: open_files(200),
        "large file": lambda: (home / "tier" / "large").write_bytes(b"x" * (2 << 20)),
        "memory": take_memory,
    }


def facts() -> dict[str, Any]:
    return {
        "uid": os.getresuid(),
        "gid": os.getresgid(),
        "groups": os.getgroups(),
        "no_new_privs": prctl(39),
        "dumpable": prctl(3),
        "parent death": _parent_death(),
        "subreaper": _subreaper(),
        "idle io": syscall({"x86_64": 252, "aarch64": 31}[os.uname().machine], 1, 0) >> 13 == 3,
        "nice": os.nice(0),
        "capabilities": rights.capabilities(),
    }


def _asked(option: int) -> int:
    answer = ctypes.c_int()
    prctl(option, ctypes.byref(answer))
    return answer.value


def _parent_death() -> int:
    return _asked(2)


def _subreaper() -> int:
    return _asked(37)


def work(order: Order, attempt: Attempt, directory: Path) -> Result:
    """What the job process does in place of its work."""
    found: dict[str, Any] = {"facts": facts()}
    for name in given["trials"]:
        try:
            trials()[name]()
            found[name] = "done"
        except OSError as error:
            found[name] = errno.errorcode.get(error.errno or 0, str(error))
    (directory / "trials.json").write_text(json.dumps(found))
    while given.get("wait"):
        time.sleep(0.1)
    return Result(order.job, order.attempt, "succeeded")


def main() -> None:
    """Fork the job process, wait for its end, and tell of it."""
    given.update(json.load(sys.stdin))
    home = Path(given["home"])
    user = find_user(given["user"]) if given.get("user") else None
    plan = Plan(given["mode"], user, Limits(**given.get("limits", {})))
    ground = Ground(plan, os.getpid())
    if plan.mode != "basic":
        try:
            ground.group = Groups(plan.limits).make(home.name)
        except Unavailable as error:
            ground.no_group = str(error)
    entrypoint.run = work  # type: ignore[assignment]
    engine = {
        "engine": "local",
        "mounts": {
            "/data": {"url": f"file://{home}/bucket", "options": {}},
            "/s3": {"url": "s3://b", "options": {"endpoint": f"http://127.0.0.1:{given['ports'][0]}"}},
        },
        "tiers": [{"alias": "MEM", "path": f"{home}/tier", "capacity": 1 << 30}],
    }
    looks = f"{home}/looks/newest"
    order = Order("JOB", 1, JobType.PRELOAD, Params("/data"), engine, "redis://127.0.0.1:1/0", looks=looks)
    process = fork("JOB", 1, home / "attempt", order.to_json(), boottime() + 60, ground)
    print(process.pid, flush=True)
    try:
        _, status = os.waitpid(process.pid, 0)
        os.set_blocking(process.report, True)
        print(
            json.dumps(
                {
                    "exit": os.waitstatus_to_exitcode(status),
                    "out of memory": process.group is not None and process.group.out_of_memory(),
                    "isolation": process.read_report(),
                }
            )
        )
    finally:
        process.kill(boottime())
        process.close()
        clear([home.name])  # killed processes end a little later


if __name__ == "__main__":
    main()
