"""What people wait for at a prompt: /list and /stat of a tree of thousands of files, and `avio --help`."""

import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure, spread
from bench.stack import stack, toml

CALLS, STARTS = 50, 10


def measure(directory: Path) -> list[Figure]:
    """Return medians in ms; the tree is the standard library's, all of it cached, as in the demo."""
    shutil.copytree(
        sysconfig.get_path("stdlib"),
        directory / "bucket",
        ignore=shutil.ignore_patterns("site-packages", "__pycache__"),
    )
    settings = toml({"/data": (f"file://{directory}/bucket", {})}, {"MEM": directory / "mem"})
    with stack(directory / "home", settings) as running:
        client = running.client
        job = running.wait_for_end(client.preload({"alluxioUri": "/data"}))
        files = job["progress"]["total"]["files"]
        listing = [_ms(lambda: client.list("/data", depth=1)) for _ in range(CALLS)]
        stat = [_ms(lambda: client.stat("/data")) for _ in range(CALLS)]
    program = str(Path(sys.executable).with_name("avio"))
    helping = [_ms(lambda: subprocess.run([program, "--help"], check=True, capture_output=True)) for _ in range(STARTS)]
    return [
        spread(f"GET /list, root of {files:,} files", listing, "ms", at_most=50),
        spread(f"GET /stat of {files:,} files", stat, "ms", at_most=50),
        spread("avio --help", helping, "ms", at_most=300),
    ]


def _ms(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return (time.monotonic() - began) * 1000
