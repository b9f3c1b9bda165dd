"""`python -m bench.data [NAME ...] [--rounds N] [--gib N]`: measure paths, write bench/RESULTS.md.

Exits with 1 if a path fails or misses a target.
"""

import argparse
import datetime
import signal
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bench.data.machine import OtherWork, commit, facts
from bench.data.plan import Plan, Skipped
from bench.data.results import Section, write
from bench.fast_directory import fast_directory
from bench.stack import ROOT
from tests.servers.golang import NoGo

PATHS = (
    "preload_small",
    "preload_100k",
    "preload_large",
    "preload_one",
    "save_small",
    "ls_job",
    "dry_run",
    "ls_root",
    "delay",
    "disk",
    "million",
    "movers",
    "steps",
)
PAGE = ROOT / "bench" / "RESULTS.md"
QUIET_SHARE = 0.15  # of the cores that other work may take


def main(arguments: list[str]) -> int:
    """Measure, and return the exit code."""
    asked = _asked(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # as Ctrl-C, its servers end with it
    good = True
    for name in asked.paths or PATHS:
        section = _measure(name, asked)
        good = good and section.good
        write(PAGE, facts(), [section], PATHS)
    return 0 if good else 1


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.data", description=__doc__)
    parser.add_argument("paths", nargs="*", help="what to measure; all by default")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count, after one that warms")
    parser.add_argument("--gib", type=int, default=4, help="size of the object of preload_one")
    parser.add_argument("--disk", type=Path, default=Path("/var/tmp"), help="a directory on a real disk")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.paths) - set(PATHS):
        parser.error(f"no such path: {', '.join(sorted(unknown))}; there are {', '.join(PATHS)}")
    return asked


def _measure(name: str, asked: argparse.Namespace) -> Section:
    began, others = time.monotonic(), OtherWork()
    with (
        tempfile.TemporaryDirectory(prefix="avio-bench-", dir=fast_directory()) as directory,
        tempfile.TemporaryDirectory(prefix="avio-bench-", dir=asked.disk) as disk,
    ):
        plan = Plan(Path(directory), Path(disk), asked.rounds, asked.gib)
        found, failed = [], False
        try:
            found = import_module(f"bench.data.{name}").measure(plan)
        except (Skipped, NoGo) as error:
            plan.note(f"skipped: {error}")
        except RuntimeError as error:
            failed = True
            plan.note(f"FAILED: {error}")
    today = datetime.datetime.now(datetime.UTC).date()
    share = others.share()
    about = f"{today}, commit {commit()}, rounds: {asked.rounds}. Other work took {share:.0%} of the cores."
    if share > QUIET_SHARE:
        about += " **The machine was not quiet: these figures are not valid.**"
    print(f"\n{name} ({time.monotonic() - began:.0f} s; other work took {share:.0%} of the cores)")
    for line in [*(figure.line() for figure in found), *plan.notes]:
        print(f"  {line}", flush=True)
    return Section(name, about, found, plan.notes, failed=failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
