"""The wall clocks of the processes of a world: each part has one of its own, which can be stepped.

The database's clock stays true: leases are times on it, so a step beyond them ends them all, whoever lives.
"""

import shutil
import struct
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

SOURCE = Path(__file__).with_name("stepped_clock.c")
HOUR = 3600
STEPS = (-24 * HOUR, -HOUR, -5, 5, HOUR, 24 * HOUR)  # seconds from true time
LOAD_SECONDS = 2.0  # until a program that has just begun has loaded its libraries
_OFFSET = struct.Struct("=q")


class Clocks:
    """A clock for each of `parts`, in `directory`; none without a C compiler. `steps` counts how often one was set."""

    def __init__(self, directory: Path, parts: Iterable[str]) -> None:
        directory.mkdir()
        self.parts = tuple(parts) if shutil.which("cc") else ()
        self.steps = 0
        self.wrong: list[str] = []
        self._directory = directory
        for part in self.parts:
            self._offset(part).write_bytes(_OFFSET.pack(0))
            define = f'-DOFFSET_FILE="{self._offset(part)}"'
            library = self._directory / f"{part}.so"
            subprocess.run(["cc", "-O2", "-shared", "-fPIC", define, "-o", library, SOURCE, "-ldl"], check=True)

    def line(self, line: str) -> str:
        """Return a line for a shell that runs `line` with the clock of the part that AVIO_NODE names."""
        return f'export LD_PRELOAD="{self._directory}/$AVIO_NODE.so"; {line}' if self.parts else line

    def step(self, part: str, seconds: int, pids: Iterable[int]) -> bool:
        """Set a part's clock to true time plus so many seconds; each of its processes `pids` must have that clock."""
        with open(self._offset(part), "r+b") as file:  # in place: processes have mapped it
            file.write(_OFFSET.pack(seconds))
        self.steps += 1
        self.wrong += [f"process {pid} of {part} has another clock" for pid in pids if not self._has(part, pid)]
        return True

    @property
    def found(self) -> tuple[int, list[str]]:
        """Return how often a clock was set, and the processes that did not have it."""
        return self.steps, self.wrong

    def _has(self, part: str, pid: int) -> bool:
        give_up = time.monotonic() + LOAD_SECONDS
        while True:
            try:
                mapped = Path(f"/proc/{pid}/maps").read_text()
            except OSError:  # it has ended
                return True
            if not mapped or f"{self._directory}/{part}.so" in mapped:
                return True
            if time.monotonic() > give_up:
                return False
            time.sleep(0.02)

    def _offset(self, part: str) -> Path:
        return self._directory / f"{part}.offset"
