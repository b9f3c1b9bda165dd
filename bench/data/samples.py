"""Samples of stacks of job processes and their movers, by py-spy, which looks into them from outside and stops nothing.

It follows all that keeper forks. Threads that wait are not sampled, so that samples are processor time.
"""

import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.data.peers import program
from bench.data.plan import Skipped
from bench.stack import ROOT

RATE = 200  # samples a second
STOP_SECONDS = 60

Stack = tuple[tuple[str, str], ...]

_FRAME = re.compile(rf"(?P<function>.+) \({re.escape(str(ROOT))}/(?P<module>(?:avio|supervisor)/[^:]+):\d+\)")


@contextmanager
def sampled(keeper: int, file: Path) -> Iterator[Counter[Stack]]:
    """Sample while the block runs, then fill the counter. Raise Skipped where the kernel does not allow it."""
    counts: Counter[Stack] = Counter()
    command = [program("py-spy"), "record", "--nonblocking", "--subprocesses", "--full-filenames", "--rate", str(RATE)]
    process = subprocess.Popen(
        [*command, "--format", "raw", "--duration", "3600", "--output", str(file), "--pid", str(keeper)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = next((line for line in process.stdout if "Sampling" in line or "Error" in line), "it ended")
        if "Sampling" not in said:
            raise Skipped(f"py-spy can't look into other processes: {said.strip()}; run as root")
        yield counts
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=STOP_SECONDS)
    counts.update(jobs_only(file.read_text().splitlines()))


def jobs_only(lines: Iterable[str]) -> Counter[Stack]:
    """Return the stacks of job processes and movers among `lines`, each with its count."""
    counts: Counter[Stack] = Counter()
    for line in lines:
        frames, _, count = line.rpartition(" ")
        if _is_of_a_job(frames):
            counts[_stack(frames)] += int(count)
    return counts


def _is_of_a_job(frames: str) -> bool:
    """Tell a stack of a job or mover: of a child of keeper that is not intake. Titles come later than samples."""
    processes = [frame for frame in frames.split(";") if frame.startswith("process ")]
    return len(processes) > 1 and "supervisor.intake" not in processes[1]


def _stack(frames: str) -> Stack:
    """Return the frames that are of this checkout, as `modules and functions`."""
    found = (_FRAME.fullmatch(frame) for frame in frames.split(";"))
    return tuple((match["module"], match["function"]) for match in found if match)
