"""Which signals ask a process to stop."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import signal, sys, time
from avio.stop_signals import handle_stop
handle_stop(lambda *_: sys.exit(7))
print(flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("by_nohup", [False, True])
def test_a_hang_up_asks_to_stop_but_not_a_process_of_nohup(number: signal.Signals, by_nohup: bool) -> None:
    command = [sys.executable, "-c", PROGRAM]
    if by_nohup:
        command = ["/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *command]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        if by_nohup and number == signal.SIGHUP:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
            process.terminate()
        assert process.wait(10) == 7
