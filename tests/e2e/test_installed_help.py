"""What `avio --help` costs: it is asked for by people who wait, and by shells that complete."""

import subprocess
import sys

HELP = """
import sys
sys.argv = ["avio", "--help"]
from avio.commands import main
try:
    main()
finally:
    print(*sys.modules, sep="\\n", file=sys.stderr)
"""


def test_help_lists_the_commands_without_http_client_or_database() -> None:
    run = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, timeout=30, check=False)

    assert run.returncode == 0
    assert "preload" in run.stdout
    assert set(run.stderr.split()).isdisjoint({"httpx2", "peewee", "redis", "pydantic"})
