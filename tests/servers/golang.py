"""Builds the programs in Go below `bench/`, and runs them: they print their address, and end with this process.

`python -m tests.servers.golang` builds them ahead, so that no test waits for it. Knows nothing of avio but how to end a
child with its parent.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from avio.admin.child_process import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "bench"
BUILT = ROOT / "build" / "bench"
USUAL_PLACE = "/usr/local/go/bin"
STOP_LIMIT = 10.0  # seconds


class NoGo(Exception):
    """There is no Go here; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "Go (go) is missing; it builds the S3 server of bench: apt-get install golang-go, then try again"
        )


def go_binary() -> str:
    """Return the path of `go`. Raise NoGo."""
    found = shutil.which("go") or shutil.which("go", path=USUAL_PLACE)
    if found is None:
        raise NoGo
    return found


def go(*arguments: str) -> str:
    """Run a command of Go in the module, without a network, and return what it prints. Raise NoGo, RuntimeError."""
    environ = {**os.environ, "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "-buildvcs=false", "CGO_ENABLED": "0"}
    run = subprocess.run(
        [go_binary(), *arguments], cwd=MODULE, env=environ, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise RuntimeError(f"go {' '.join(arguments)} failed:\n{run.stderr}{run.stdout}")
    return run.stdout


def unformatted() -> str:
    """Return the files that gofmt would change. Raise NoGo."""
    gofmt = Path(go_binary()).with_name("gofmt")
    return subprocess.run([gofmt, "-l", "."], cwd=MODULE, capture_output=True, text=True, check=True).stdout


def built(name: str) -> Path:
    """Return the program whose source is `bench/<name>`, built unless it is there already. Raise NoGo."""
    digest = hashlib.sha256()
    for source in [MODULE / "go.mod", *sorted((MODULE / name).glob("*.go"))]:
        digest.update(source.read_bytes())
    program = BUILT / f"{name}-{digest.hexdigest()[:16]}"
    if not program.exists():
        BUILT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILT) as directory:  # others may build it at the same time
            go("build", "-o", f"{directory}/{name}", f"./{name}")
            os.replace(f"{directory}/{name}", program)
    return program


@contextmanager
def running(name: str, arguments: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Run a program; yield its URL and pid once it listens, end it afterwards. Raise NoGo."""
    process = subprocess.Popen(
        [built(name), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError(f"{name} {' '.join(arguments)} did not start: exit code {process.wait(STOP_LIMIT)}")
        yield url, process.pid
    finally:
        process.kill()
        process.wait(STOP_LIMIT)
        process.stdout.close()


if __name__ == "__main__":
    try:
        for directory in MODULE.glob("*/main.go"):
            built(directory.parent.name)
    except NoGo as missing:
        print(missing)
