"""Forks the movers of a job: a process without threads does it, which the job process forks before its first thread.

Runs between fork and work, like the rest of supervisor.child. Both kinds of process are inside the session, the control
group and the walls of the job process, and the kernel kills them when it dies.
"""

import gc
import logging
import os
import random
import select
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NoReturn

from setproctitle import setproctitle

from avio.engines.base import Engine
from avio.engines.factory import open_engine
from avio.engines.movers.mover import work
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.page import Page
from avio.isolation.session import die_with_parent
from avio.wire.orders import Order
from supervisor.shared import exit_codes

REAP_SECONDS = 5.0  # between two looks for movers that have ended

log = logging.getLogger(__name__)

Start = Callable[[int], socket.socket]


def start_spawner(order: Order, page: Page, inherited: tuple[int, ...]) -> Start:
    """Fork the process that forks movers of `order`. Return what starts the mover at a place, and gives its socket.

    Only before the first thread. `inherited` are descriptors that are the job process' alone.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent = os.getpid()
    if os.fork() == 0:
        _become(parent, [ours.fileno(), *inherited], partial(_spawn, order, page, theirs))
    theirs.close()

    def start(place: int) -> socket.socket:
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            socket.send_fds(ours, [bytes([place])], [its.fileno()])
        return mine

    return start


def _spawn(order: Order, page: Page, requests: socket.socket) -> None:
    """Fork a mover for each request, until the job process closes the socket."""
    setproctitle(f"avio movers of {order.job}")
    engine = open_engine(order.engine)
    ready = select.poll()
    ready.register(requests, select.POLLIN)
    while True:
        _reap(os.WNOHANG)
        if not ready.poll(REAP_SECONDS * 1000):
            continue
        packet, fds, _, _ = socket.recv_fds(requests, 1, 1)
        if not packet:
            _reap(0)  # they end too; then the job process knows what they cost
            return
        mover = partial(_move, engine, order, page, packet[0], fds[0])
        parent = os.getpid()
        try:
            if os.fork() == 0:
                _become(parent, [requests.fileno()], mover)
        except OSError as error:
            log.warning("no mover can be forked: %s", error)
        os.close(fds[0])


def _move(engine: Engine, order: Order, page: Page, place: int, fd: int) -> None:
    """Work as the mover at `place`."""
    page.enter(place, os.getpid())
    setproctitle(f"avio mover {place} of {order.job}")
    work(engine, socket.socket(fileno=fd), MoverRun(page, place, f"{order.job}.{order.attempt}", order.threads))


def _become(parent: int, close: list[int], main: Callable[[], object]) -> NoReturn:
    """Run `main` in a forked process, and end the process."""
    code = exit_codes.FAULTY
    try:
        gc.freeze()
        random.seed()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the job process says when to stop
        die_with_parent(parent)
        for fd in close:
            os.close(fd)
        main()
        code = exit_codes.ENDED
    except BaseException:
        log.exception("a mover failed")
    finally:
        os._exit(code)


def _reap(flags: int) -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, flags)[0]:
            pass
