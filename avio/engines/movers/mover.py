"""A mover process: takes batches of rows from the job process, has the engine work on them, sends the results.

Runs in a mover process, which supervisor.child forks. It ends when the job process closes the socket or dies.
"""

import logging
import socket

from avio.engines.base import Engine
from avio.engines.cancel import Stopped
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.packets import ERROR_CHARS, described
from avio.engines.movers.supply import Inbox, Supply, Task
from avio.errors import EngineError

log = logging.getLogger(__name__)


def work(engine: Engine, sock: socket.socket, run: MoverRun) -> None:
    """Do the tasks that come over `sock` until it is closed."""
    inbox, outbox = Inbox(sock, run), Outbox(sock)
    run.tell_wait = outbox.waits
    try:
        while (task := inbox.wait_for_task()) is not None:
            supply = Supply(inbox, outbox)
            _do(engine, task, supply, outbox, run)
            if not supply.ended or run.stopping():
                return  # it must stop, or has failed; others do the rest
    except ConnectionError:
        log.info("a mover ends: nobody takes its results")
    finally:
        run.leave()


def _do(engine: Engine, task: Task, supply: Supply, outbox: Outbox, run: MoverRun) -> None:
    try:
        engine.serve(task.name, supply, outbox, task.params, run)
    except Stopped:
        pass
    except ConnectionError:
        raise
    except EngineError as error:
        outbox.fail(described(error))
    except Exception as error:
        log.exception("a mover failed")
        outbox.fail(["", f"{type(error).__name__}: {error}"[:ERROR_CHARS], "", None])
    outbox.flush()
