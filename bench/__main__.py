"""`python -m bench [NAME ...]`: run the measurements, print the table, exit 1 when a target is missed."""

import signal
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bench.fast_directory import fast_directory
from bench.figures import Figure, write

MEASURES = ("tasks", "dispatch", "memory", "queries")
ALLUXIO = ("alluxio_preload_small", "alluxio_preload_large", "alluxio_save", "alluxio_listing")  # need a cluster
RESULTS = Path("build/bench.json")


def main(names: list[str]) -> int:
    """Run the measures called `names`; all by default, `alluxio` for all of its own."""
    chosen = [each for name in names or MEASURES for each in (ALLUXIO if name == "alluxio" else (name,))]
    unknown = set(chosen) - {*MEASURES, *ALLUXIO}
    if unknown:
        known = ", ".join([*MEASURES, "alluxio", *ALLUXIO])
        print(f"no such measure: {', '.join(sorted(unknown))}; there are {known}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # as Ctrl-C, its servers end with it
    figures: list[Figure] = []
    for name in chosen:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="avio-bench-", dir=fast_directory()) as directory:
            found = import_module(f"bench.{name}").measure(Path(directory))
        print(f"\n{name} ({time.monotonic() - began:.0f} s)")
        for figure in found:
            print("  " + figure.line(), flush=True)
        figures += found
    write(figures, RESULTS)
    return 0 if all(figure.met for figure in figures) else 1


sys.exit(main(sys.argv[1:]))
