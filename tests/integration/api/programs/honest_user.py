"""An honest user beside others: asks /whoami and /healthz for some seconds, and prints how long each took, as JSON.

Started by test_http_siege.py in a process of its own, so that it does not share a processor lock with the attackers.
"""

import http.client
import json
import sys
import time

LIMIT = 10.0  # seconds for an answer


def ask(port: int, path: str, token: str) -> float | None:
    """Return how many seconds a call took on a connection of its own, None if it was not answered with 200."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    try:
        connection.request("GET", path, headers={"Authorization": f"QBox {token}"})
        reply = connection.getresponse()
        reply.read()
    except OSError:
        return None
    finally:
        connection.close()
    return time.monotonic() - began if reply.status == 200 else None


def main() -> None:
    """Ask until the time is over."""
    port, token, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    told: dict[str, list[float | None]] = {"/whoami": [], "/healthz": []}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for path, took in told.items():
            took.append(ask(port, path, token))
        time.sleep(0.005)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
