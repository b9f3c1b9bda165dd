"""GETs of objects over connections without TLS, past libcurl, which would hand over 16 KiB at a time through Python.

Used in the job process and in its movers, by several threads at once. libcurl opens the connections, and asks itself
wherever a request or its reply is not of the usual form.
"""

import os
import threading
from collections.abc import Callable, Mapping
from io import BytesIO

from avio.engines.cancel import Stopped
from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.pieces import Pieces
from avio.engines.local.buckets.plain_connection import PlainConnection
from avio.engines.local.buckets.plain_place import PlainAsk, PlainPlace
from avio.engines.local.buckets.s3_handle import set_place
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.signed_requests import CONTENT, MAX_BODY_BYTES, Reply
from avio.engines.local.store_errors import no_answer

IDLE_SECONDS = 60  # after which a connection is not used again: something on the way may have forgotten it


class PlainGets:
    """GETs from the bucket of `place`."""

    def __init__(self, place: S3Place) -> None:
        self._place = place
        self._plain = PlainPlace(place)
        self._lock = threading.Lock()
        self._idle: list[PlainConnection] = []  # the one that was used last is the last

    def get(
        self, what: str, key: str, headers: Mapping[str, str], size: int, begin: Callable[[Reply], None], pieces: Pieces
    ) -> Reply | None:
        """Get the next `size` bytes of `pieces`; return the reply, also an error. None: libcurl must ask instead.

        `begin` and errors are those of `SignedRequests.get`; `begin` may have been called before None.
        """
        request = PlainAsk(self._plain, headers).request(key) if self._plain.is_usual else None
        if request is None:
            return None
        connection = self._connection(what, pieces.stopping)
        try:
            return self._ask(connection, what, request, size, begin, pieces)
        finally:
            self._give_back(connection)

    def _ask(
        self,
        connection: PlainConnection,
        what: str,
        request: bytes,
        asked: int,
        begin: Callable[[Reply], None],
        pieces: Pieces,
    ) -> Reply | None:
        head = connection.ask(what, request, pieces.stopping)
        if head is None:
            return None
        status, headers, size = head
        if size < 0:
            if status < 300:
                self._plain.is_unusual()
            return None
        if status in CONTENT:
            begin(Reply(status, headers))
            if size != asked:
                return None
            pieces.receive(size, lambda most: connection.receive(what, most, pieces.stopping))
            return Reply(status, headers)
        if size > MAX_BODY_BYTES:
            return None
        body = BytesIO()
        while (left := size - body.tell()) > 0:
            body.write(connection.receive(what, left, pieces.stopping))
        return Reply(status, headers, body.getvalue())

    def _connection(self, what: str, stopping: Callable[[], bool]) -> PlainConnection:
        with self._lock:
            self._close_old()
            if self._idle:
                return self._idle.pop()
        return PlainConnection(_opened(what, self._place, stopping))

    def _give_back(self, connection: PlainConnection) -> None:
        with self._lock:
            self._close_old()
            if connection.is_free:
                self._idle.append(connection)
            else:
                connection.close()

    def _close_old(self) -> None:
        for each in [each for each in self._idle if not each.is_fresh(IDLE_SECONDS)]:
            self._idle.remove(each)
            each.close()


def _opened(what: str, place: S3Place, stopping: Callable[[], bool]) -> int:
    """Return the socket of a new connection, which libcurl opens. Raises EngineAway, Stopped."""
    curl = pycurl.Curl()
    try:
        set_place(curl, place)
        curl.setopt(pycurl.URL, place.url)
        curl.setopt(pycurl.CONNECT_ONLY, 1)
        curl.setopt(pycurl.NOPROGRESS, 0)
        curl.setopt(pycurl.XFERINFOFUNCTION, lambda *_: int(stopping()))
        curl.perform()
        return os.dup(curl.getinfo(pycurl.ACTIVESOCKET))
    except (pycurl.error, OSError) as error:
        if error.args[0] == pycurl.E_ABORTED_BY_CALLBACK:
            raise Stopped from None
        raise no_answer(what, error) from None
    finally:
        curl.close()
