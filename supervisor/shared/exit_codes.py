"""Exit codes of the job process, and a full sentence for each way in which one ends.

Used on both sides of the fork. Standard library only.
"""

import signal

ENDED = 0  # the result file tells how
FAULTY = 70  # it could not start: its order or its directory is unusable
STOPPED = 77  # it was asked to stop, and did
FENCED = 111  # its lease ran out on its own clock
ORPHANED = 112  # its keeper is gone

_SENTENCES = {
    ENDED: "the job process ended without a result",
    FAULTY: "the job process could not start, see its log",
    STOPPED: "the job process stopped on request",
    FENCED: "the job process ended itself: the node's lease was not renewed in time",
    ORPHANED: "the job process ended itself: its keeper was gone",
}


def sentence(code: int | None, signal_no: int | None, *, out_of_memory: bool = False, stalled: bool = False) -> str:
    """Return how a process ended, given its exit code or the signal that ended it.

    `out_of_memory`: its control group ran out of memory. `stalled`: keeper ended it for lack of progress.
    """
    if stalled:
        return "the job process stalled and was ended: no byte moved and no entry checked for as long as stall_after"
    if out_of_memory and signal_no == signal.SIGKILL:
        return "the job process was killed: out of memory, it needs more than job_memory allows"
    if signal_no is not None:
        name = signal.Signals(signal_no).name if signal_no in set(signal.Signals) else str(signal_no)
        perhaps = ", perhaps out of memory" if signal_no == signal.SIGKILL else ""
        return f"the job process was killed by {name}{perhaps}"
    if code is None:
        return "the job process is gone"
    return _SENTENCES.get(code, f"the job process ended with exit code {code}, see its log")
