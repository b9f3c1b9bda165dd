"""What the RQ worker of `dispatch` runs: on the standard library alone, since its child imports it for each job."""

import time


def first_line(enqueued: float, file: str) -> None:
    """Note how long it took to get here, in ms."""
    with open(file, "a", encoding="ascii") as stream:
        stream.write(f"{(time.time() - enqueued) * 1000}\n")
