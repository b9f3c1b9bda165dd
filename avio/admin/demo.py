"""`avio-server demo`: a whole server in a fresh directory, and a preload and a save on it through the CLI alone."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from avio.admin.bootstrap import ADMIN
from avio.admin.child_process import die_with_parent
from avio.admin.demo_steps import DemoSteps
from avio.errors import Unavailable
from avio.terminal.shell import shell_word

MIN_FILES = 2000
STOP_SECONDS = 90.0  # longer than the limits of `up` itself

CONFIG = """\
[mounts."/data"]
url = "{bucket}"

[[tiers]]
alias = "MEM"
path = "{directory}/mem"
capacity = "4GiB"

[[tiers]]
alias = "SSD"
path = "{directory}/ssd"
capacity = "4GiB"
"""


@click.command()
def demo() -> None:
    """Show a preload and a save on a server of its own.

    The bucket is a copy of Python's standard library. Exit code 1 if any step fails. The demo removes everything at its
    end.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="avio-demo-") as name:
        directory = Path(name)
        files = fill_bucket(directory / "bucket")
        click.echo(f"a bucket with {files} files of Python's standard library: {directory}/bucket")
        password = secrets.token_urlsafe(12)
        environ = demo_environment(directory, password)
        with server(directory, environ) as url:
            DemoSteps(directory, environ, files=files).run(url, ADMIN, password)
    click.echo(
        f"\nall steps passed in {time.monotonic() - began:.0f} s; the server is stopped and its files are removed"
    )


def fill_bucket(bucket: Path) -> int:
    """Copy the standard library into `bucket` and return how many files that is.

    Some distributions leave the library's tests out; where it is too small for a demo, installed packages join it.
    """
    paths = sysconfig.get_paths()
    unwanted = shutil.ignore_patterns("__pycache__", "site-packages", "dist-packages", ".*")
    shutil.copytree(paths["stdlib"], bucket, ignore=unwanted, ignore_dangling_symlinks=True)
    if count_files(bucket) < MIN_FILES:
        unwanted = shutil.ignore_patterns("__pycache__", "*.so", "*.so.*", "_binaries", ".*")
        shutil.copytree(paths["purelib"], bucket / "packages", ignore=unwanted, ignore_dangling_symlinks=True)
    return count_files(bucket)


def count_files(directory: Path) -> int:
    """Return how many files are at or below `directory`."""
    return sum(len(files) for _, _, files in os.walk(directory))


def demo_environment(directory: Path, password: str) -> dict[str, str]:
    """Return an environment without the user's AVIO_* variables, whose files all go into `directory`."""
    (directory / "avio.toml").write_text(
        CONFIG.format(bucket=(directory / "bucket").as_uri(), directory=directory), encoding="utf-8"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AVIO_")}
    return environ | {"XDG_CONFIG_HOME": str(directory / "config"), "AVIO_ADMIN_PASSWORD": password}


@contextmanager
def server(directory: Path, environ: dict[str, str]) -> Iterator[str]:
    """Run `avio-server up` in `directory`; yield its URL when it is ready, and always stop it at the end."""
    click.echo(f"\n$ avio-server up --home {shell_word(directory)} --port 0")
    with subprocess.Popen(
        [sys.executable, "-m", "avio.admin", "up", "--home", directory, "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
        start_new_session=True,  # Ctrl-C is for us; we stop it in order
        preexec_fn=die_with_parent(signal.SIGTERM),
    ) as up:
        try:
            assert up.stdout is not None
            line = up.stdout.readline()  # `up` ends by itself when it does not become ready
            if not line.startswith("ready "):
                raise Unavailable("the server did not become ready", cure="read the messages above")
            click.echo(line.rstrip())
            yield line.split()[1]
        finally:
            stop(up)


def stop(up: subprocess.Popen[str]) -> None:
    """Stop `up` in order, and hard when it takes too long."""
    up.terminate()
    try:
        up.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        up.kill()
