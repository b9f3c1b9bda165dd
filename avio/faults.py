"""Fault points: named places where a test makes a process die, stop, raise or wait.

`AVIO_FAULT=point:action[:n]` with action kill, stop, raise or delay (n seconds). Read by every
process; a dictionary look-up when unset. Standard library only.
"""

import os
import signal
import time


class InjectedFault(Exception):
    """Raised at a fault point whose action is `raise`."""


def _parse(text: str) -> tuple[str, str, float] | None:
    if not text:
        return None
    point, _, rest = text.partition(":")
    action, _, amount = rest.partition(":")
    return point, action, float(amount or 1)


_armed = _parse(os.environ.get("AVIO_FAULT", ""))


def fault(point: str) -> None:
    """Do here what `AVIO_FAULT` asks for this point; nothing, almost always."""
    if _armed is None or _armed[0] != point:
        return
    action, amount = _armed[1:]
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif action == "raise":
        raise InjectedFault(point)
    elif action == "delay":
        time.sleep(amount)
