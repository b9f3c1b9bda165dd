"""Movers that are threads of the test, over real sockets: a pool starts them, and a test says what they do.

`Fleet` stands for the spawner. An engine of a test has `serve` alone.
"""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, cast

from avio.engines.base import Engine
from avio.engines.movers.batches import Batch, in_batches
from avio.engines.movers.mover import work
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.packets import Row, packed, unpacked
from avio.engines.movers.page import Page
from avio.engines.movers.pool import Pool
from avio.engines.movers.supply import Supply
from avio.errors import EngineError
from avio.wire.params import Params

LIMIT = 10.0  # seconds that a test waits for a thread


class JobRun:
    """The attempt in the job process: what it was told."""

    def __init__(self, page: Page) -> None:
        self.name, self.threads = "01TEST.1", 4
        self.bytes = self.beats = self.in_flight = 0
        self.waited: list[tuple[object, str | None]] = []
        self._page = page

    def stopping(self) -> bool:
        return self._page.stopped

    def moved(self, size: int) -> None:
        self.bytes += size

    def advanced(self, size: int) -> None:
        self.in_flight += size

    def waits(self, error: EngineError | None, of: object) -> None:
        self.waited.append((of, None if error is None else error.message))

    def checked(self, size: int) -> None:
        self.beats += 1

    @contextmanager
    def silent(self, seconds: float) -> Iterator[None]:
        yield


class Echo:
    """An engine whose results are its rows: [place, text of the row]."""

    def serve(self, task: str, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
        while not supply.ended and not run.stopping():
            piece = supply.take(0.05)
            if piece is not None:
                outbox.add(piece.batch, [piece.place, *self.result(task, piece.row, run)])

    def result(self, task: str, row: Row, run: MoverRun) -> Row:
        return [row[0]]


class Wire:
    """The mover's end of the socket, for a mover that a test acts itself: packet by packet."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.settimeout(LIMIT)

    def read(self) -> list[Any]:
        """Return the next packet; [] at the end."""
        packet = self.sock.recv(1 << 20)
        return unpacked(packet) if packet else []

    def batch(self) -> tuple[int, list[Row]]:
        """Return number and rows of the next batch."""
        while (message := self.read())[0] != "batch":
            pass
        return message[1], message[2]

    def done(self, batch: int, *places: int, what: str = "wire") -> None:
        """Send the results of some rows."""
        self.sock.send(packed(["done", batch, [[place, what] for place in places]]))


Act = Callable[[Wire], object]


class Fleet:
    """Starts movers: the first ones do what `acts` say, all others serve with `engine`."""

    made: ClassVar[list["Fleet"]] = []

    def __init__(self, *acts: Act, engine: "Echo | None" = None, most: int = 1) -> None:
        self.page = Page()
        self.run = JobRun(self.page)
        self.engine = engine or Echo()
        self.acts = list(acts)
        self.threads: list[threading.Thread] = []
        self.errors: list[BaseException] = []
        self.late: list[tuple[Batch, list[Row]]] = []
        self.pool = Pool(self._start, most, self.page)
        self.made.append(self)

    def spread(self, texts: Iterable[str | None], task: str = "echo", size: int = 0) -> Iterator[tuple[str, str, bool]]:
        """Yield text, result, and whether the batch is done again, of each result. `size` is each file's."""
        batches = in_batches(texts, lambda text: [text], lambda _: size)
        late = lambda batch, results: self.late.append((batch, results))  # noqa: E731
        for batch, results in self.pool.spread(task, Params(), batches, self.run, late):
            for place, found, *_ in results:
                yield batch.work[place], found, batch.again

    def join(self) -> None:
        """Wait for the end of all movers. What went wrong in one is raised."""
        for thread in self.threads:
            thread.join(LIMIT)
            assert not thread.is_alive()
        for error in self.errors:
            raise error

    def close(self) -> None:
        """End all movers."""
        self.pool.close()
        for thread in self.threads:
            thread.join(LIMIT)

    def _start(self, place: int) -> socket.socket:
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        act = self.acts.pop(0) if self.acts else None
        thread = threading.Thread(target=self._live, args=(its, act, place), daemon=True)
        self.threads.append(thread)
        thread.start()
        return mine

    def _live(self, sock: socket.socket, act: Act | None, place: int) -> None:
        try:
            with sock:
                if act is not None:
                    act(Wire(sock))
                else:
                    work(cast("Engine", self.engine), sock, MoverRun(self.page, place, "01TEST.1", 4))
        except BaseException as error:
            self.errors.append(error)
