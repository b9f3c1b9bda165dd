"""A preload or save job: the lister and the transfer side by side, then the verifier.

Runs in the job process. The lister has a thread of its own; the worklist carries entries from it to the transfer.
"""

import threading

from avio.errors import EngineError, Scope
from avio.executor.failed_files import FailedFiles
from avio.executor.lister import Lister
from avio.executor.transfer import Transfer
from avio.executor.verb import verb_of
from avio.executor.verifier import Verified, Verifier
from avio.executor.work import Work
from avio.executor.worklist import WORKLIST_NAME, Worklist
from avio.wire.states import Phase


def move_and_verify(work: Work) -> Verified:
    """Do a preload or save and return what is in place at the end. Raises Stopped and errors that end the whole job."""
    verb = verb_of(work.engine, work.order)
    failed = FailedFiles(work.attempt, work.reporter)
    lister = Lister(work, verb, failed)
    transfer = Transfer(work, verb, failed)
    verifier = Verifier(work, verb, failed)
    worklist = Worklist(work.directory / WORKLIST_NAME)
    listing = threading.Thread(target=_list, args=(work, lister, worklist), name="lister", daemon=True)
    listing.start()
    try:
        transfer.run(worklist)
        listing.join()
        if worklist.failed is not None:
            raise worklist.failed
        return verifier.run(worklist, transfer.run_again)
    except EngineError as error:
        lister.stop()
        listing.join()
        if error.scope is Scope.JOB and worklist.failed is None:
            verifier.take_stock(worklist)
        raise
    finally:
        lister.close()


def _list(work: Work, lister: Lister, worklist: Worklist) -> None:
    """Run the lister; its error goes to the transfer's thread, which raises it."""
    try:
        lister.run(worklist)
        work.attempt.begin(Phase.TRANSFERRING)
    except Exception as error:
        worklist.close(failed=error)
    else:
        worklist.close()
