"""Exit 0 if the container's process is well: of web /healthz is asked, of the others it is enough that they live.

A supervisor and an aggregator end by themselves when they can't go on. Standard library only.
"""

import os
import sys
import urllib.request
from pathlib import Path

SECONDS = 4.0


def is_well(command: str) -> bool:
    """Return True if the process with this command line is well."""
    if "gunicorn" not in command:
        return True
    port = os.environ.get("AVIO_PORT", "")
    url = f"http://127.0.0.1:{port if port.isdecimal() else 8080}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_well(Path("/proc/1/cmdline").read_text(encoding="utf-8", errors="replace")) else 1)
