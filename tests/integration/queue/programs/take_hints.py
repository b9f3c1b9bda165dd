"""Run as a program, in place of intake: takes hints off the queue of a Redis and prints each id.

`python -m tests.integration.queue.programs.take_hints URL FREE`; while the file FREE is there, a slot is free.
"""

import sys
import time
from pathlib import Path

from avio import queue, streams


def main() -> None:
    """Take hints until killed; begin again when RQ gives up, as intake does."""
    free = Path(sys.argv[2])

    def wait_for_slot(seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not free.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        return free.exists()

    client = streams.connect(sys.argv[1], timeout=15)
    for life in range(100):
        try:
            queue.take_hints(client, f"taker-{life}", lambda job: print(job, flush=True), wait_for_slot)
        except Exception as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    main()
