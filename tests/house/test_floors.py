"""The floors of the house, as the contracts in pyproject.toml state them, hold."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_room_imports_only_from_below() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100)

    assert run.returncode == 0, run.stdout + run.stderr
