"""Which weather the store has: one or two at a time, for some seconds each, in the order of the seed."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence

from chaos.store.exchange import Reply, Request
from chaos.store.honest import answer
from chaos.store.model import Model
from chaos.store.weather import WEATHERS, Weather

LASTS = (1.0, 4.0)  # seconds of one weather
PAUSE = (0.3, 1.5)  # seconds of fine weather in between


class Sky:
    """Fine at first. `counts` says how many replies each weather has spoilt."""

    def __init__(self, model: Model, random_: random.Random) -> None:
        self.counts: Counter[str] = Counter({weather.name: 0 for weather in WEATHERS})
        self._model, self._random = model, random_
        self._by_request = random.Random(random_.random())  # its use depends on the order of the requests
        self._weathers = [weather(model, self._by_request) for weather in WEATHERS]
        self._deck: list[Weather] = []
        self._now: Sequence[Weather] = ()
        self._fine = threading.Event()
        self._fine.set()
        self._thread: threading.Thread | None = None

    def rage(self) -> None:
        """Change the weather on and on, until `clear`."""
        self._fine.clear()
        self._thread = threading.Thread(target=self._change, name="sky", daemon=True)
        self._thread.start()

    def clear(self) -> None:
        """Return when the weather is fine, and stays so."""
        self._fine.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def reply(self, request: Request) -> Reply:
        """Return what the store answers in the present weather."""
        striking = [each for each in self._now if each.concerns(request) and self._by_request.random() < each.share]
        for weather in striking:
            spoilt = weather.before(request)
            if spoilt is not None:
                self.counts[weather.name] += 1
                self._note(request, weather.name)
                return spoilt
        reply = answer(self._model, request)
        self._note(request, f"{reply.status} {', '.join(weather.name for weather in striking)}")
        for weather in striking:
            spoilt = weather.after(request, reply)
            self.counts[weather.name] += spoilt is not reply
            reply = spoilt
        return reply

    def _note(self, request: Request, text: str) -> None:
        if request.method in ("PUT", "DELETE", "HEAD"):
            conditions = [f"{name} {value}" for name, value in request.headers.items() if name.startswith("if-")]
            self._model.note(request.key, " ".join([request.method, *conditions, text]).strip())

    def _change(self) -> None:
        while not self._fine.is_set():
            self._now = [self._next() for _ in range(self._random.choice((1, 1, 2)))]
            self._last(self._random.uniform(*LASTS))
            self._now = ()
            self._last(self._random.uniform(*PAUSE))

    def _next(self) -> Weather:
        """Return the next of all weathers in a random order, so that each comes as often as the others."""
        if not self._deck:
            self._deck = self._random.sample(self._weathers, len(self._weathers))
        return self._deck.pop()

    def _last(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._fine.wait(0.1):
            pass
