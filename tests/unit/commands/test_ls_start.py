"""What `avio ls` loads: most of its time is the start of Python and what it imports."""

import os
import subprocess
import sys
from pathlib import Path

from tests.unit.commands.samples import entry_info
from tests.unit.commands.stub import TOKEN, Stub

# Each costs 2 to 80 ms, and a call by plain HTTP needs none of them.
UNNEEDED = {
    "anyio", "asyncio", "certifi", "concurrent", "h11", "httpcore2", "httpx2", "idna", "multiprocessing", "pydantic",
    "rich", "subprocess", "truststore", "typing_extensions", "xml",
    "http.cookiejar", "http.server", "importlib.metadata", "urllib.request",
}  # fmt: skip
MODULES = 236  # of the 340 that it had with httpx2, before those of an HTTP client of the standard library

PROGRAM = """
import sys
from avio.commands import main
try:
    main(["ls", "/data"])
finally:
    print(*sys.modules, sep="\\n", file=sys.stderr)
"""


def test_ls_by_plain_http_loads_what_it_needs_alone(stub: Stub, tmp_path: Path) -> None:
    stub.on("GET", "/list", {"path": "/data", "entries": [entry_info()], "nextPageToken": None})
    environ = {
        **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        "AVIO_URL": stub.url, "AVIO_TOKEN": TOKEN, "XDG_CONFIG_HOME": str(tmp_path),
    }  # fmt: skip

    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, timeout=30, check=False
    )

    loaded = run.stderr.split()
    assert run.returncode == 0
    assert "/data" in run.stdout
    assert UNNEEDED.intersection(loaded) == set()
    assert len(loaded) <= MODULES
