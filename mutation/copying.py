"""A copy of the tree, in which a guard is taken out and put back, and pytest runs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mutation.mutant import Mutant

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 300.0  # seconds for the tests of one guard

# pytest's own exit codes.
GREEN, RED = 0, 1


class Copy:
    """The files that git knows, below `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (directory / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, directory / name)

    @contextmanager
    def without(self, mutant: Mutant) -> Iterator[None]:
        """Leave the guard out for the length of a `with` block."""
        file = self.directory / mutant.file
        text = file.read_text(encoding="utf-8")
        changed = text
        for there, instead in mutant.changes:
            changed = changed.replace(there, instead)
        file.write_text(changed, encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(text, encoding="utf-8")

    def test(self, tests: Sequence[str]) -> tuple[int, str]:
        """Run tests up to the first that fails; return pytest's exit code and its last words."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "faults or not faults"]
        command.append(f"--basetemp={self.directory}.tmp")
        environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            run = subprocess.run(
                [*command, *tests],
                cwd=self.directory,
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=LIMIT,
            )
        except subprocess.TimeoutExpired:
            return -1, f"no end within {LIMIT:g} s"
        return run.returncode, _last_words(run.stdout)


def _last_words(output: str) -> str:
    """Return the name of the test that failed, or pytest's last line."""
    lines = [line for line in output.splitlines() if line]
    failed = [
        line.split("::")[-1].split(" - ")[0] for line in lines if line.startswith(("FAILED tests/", "ERROR tests/"))
    ]
    return failed[0] if failed else (lines or ["nothing was said"])[-1]
