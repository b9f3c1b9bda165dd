"""Finds how many requests to a store should be under way at once: more while that brings more, half at a refusal.

Used in the job process, by one thread. Pure: it is told what ended in how many seconds, and reads no clock.
"""

FIRST = 16  # requests; the best on a line without a delay
LEAST, MOST = 4, 512

GAIN = 1.1  # by which the throughput must rise for more requests to stay
MOST_GROWTH = 4  # times the present number are tried at once, at most
BUSY_SHARE = 0.85  # of the time: to a thread that works more than that more requests bring nothing
SPARE = 1.25  # times as many as keep the thread at work: replies come unevenly
ROUND_SECONDS = 0.1  # the shortest time in which a throughput is measured
ROUNDS = 3  # in which more requests may show that they help: one may be slow for another reason
LONG_ROUND_SECONDS = 2.0  # after which it is measured however few requests have ended
PROBE_SECONDS = 5.0  # after which more requests are tried again

# The store asks to slow down if it refuses more than one in so many, of as many as end in a while. Some stores refuse
# one at times, whatever they have to do.
REFUSED_SHARE = 20
WHILE = 256  # requests

# What a request costs beside its bytes: a store answers a number of requests, and a line carries a number of bytes.
REQUEST_BYTES = 64 << 10


class AdaptiveWidth:
    """`width` is how many requests may be under way, at most `most`. `feed` says what has happened.

    It grows as long as the throughput rises with it: to what keeps the thread at work, if a request takes as long
    then. When the throughput does not rise, the width before stays, and a larger one is tried again later. When the
    store asks to slow down, it halves, at most once in a round and down to LEAST; then it grows back to a little
    below where that was.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept = self.width = min(FIRST, most)  # the greatest that was found useful
        self._kept_rate = 0.0
        self._held = 0.0  # seconds since more were tried
        self._vain = False  # more were tried, and brought nothing or were too many
        self._struck: int | None = None  # the width at which the store asked to slow down, until it is reached again
        self._storm = False  # no round was clean since then
        self._forgiven = 0  # requests that were under way then: their refusals say nothing new
        self._forgiven_seconds = 0.0
        self._ended = self._refused = 0  # in the present while
        # The present round: what ends before it is measured, and what has ended since.
        self._settling = self.width
        self._completed = self._size = 0
        self._seconds = self._busy = 0.0
        self._rounds = 0  # with this width
        self._is_short = False  # the round ends as soon as as many have ended as were under way

    def limit(self, most: int) -> None:
        """Set the greatest width."""
        if most != self._most:
            self._most = most
            useful = self._kept if self._struck is not None else max(self._kept, FIRST)
            self._keep(min(useful, most), 0.0)

    def expect_long_waits(self) -> None:
        """End the first round with the first answers: it is known that the store takes long for each."""
        if not self._rounds and self._settling == self.width:
            self._settling, self._is_short = 0, True

    def feed(self, completed: int, size: int, seconds: float, slow_downs: int = 0, busy: float = 0.0) -> None:
        """Tell that `completed` requests ended in `seconds`, with `size` bytes, and that the store refused others.

        The thread has worked for `busy` of these seconds, and waited for the store in the rest. Leave out times in
        which fewer requests were under way than the width allows: they say nothing about it.
        """
        ended = completed + slow_downs
        if self._is_too_much(ended, slow_downs, seconds):
            self._slow_down()
        elif self._settling:  # what ends now was begun with the width before, or on a new connection
            self._settling = max(0, self._settling - ended)
        else:
            self._measure(completed, size, seconds, busy)

    def _is_too_much(self, ended: int, refused: int, seconds: float) -> bool:
        """Return True if the store asks to slow down by what it refuses now and has refused in the present while."""
        if self._forgiven > 0 or self._forgiven_seconds > 0:
            self._forgiven -= ended
            self._forgiven_seconds -= seconds
            return False
        many = max(WHILE, self.width)
        if self._ended >= many:
            self._ended = self._refused = 0
        self._ended += ended
        self._refused += refused
        return self._refused * REFUSED_SHARE > many

    def _measure(self, completed: int, size: int, seconds: float, busy: float) -> None:
        self._completed += completed
        self._size += size
        self._seconds += seconds
        self._busy += busy
        enough = self._completed >= self.width and (self._seconds >= ROUND_SECONDS or self._is_short)
        if enough or (self._seconds >= LONG_ROUND_SECONDS and self._size + self._completed):
            rate = (self._size + REQUEST_BYTES * self._completed) / self._seconds
            self._end_round(rate, self._seconds, self._busy / self._seconds)

    def _begin_round(self, settling: int) -> None:
        self._settling, self._is_short = settling, False
        self._completed = self._size = 0
        self._seconds = self._busy = 0.0

    def _end_round(self, rate: float, seconds: float, busy_share: float) -> None:
        self._begin_round(0)
        self._rounds += 1
        self._storm = False
        if self._struck is not None:
            self._grow_back(self._struck, rate)
        elif self.width <= self._kept:
            self._hold(rate, seconds, busy_share)
        elif rate >= GAIN * self._kept_rate:
            self._grow(rate, busy_share)
        elif self._rounds >= ROUNDS:
            self._vain = True
            self._keep(self._kept, self._kept_rate)

    def _grow(self, rate: float, busy_share: float) -> None:
        """Try more still, unless less than half of that growth would have brought as much: the next rounds tell."""
        half = self.width // 2
        if half > self._kept and rate * self._kept <= self._kept_rate * half:
            self._kept, self._kept_rate, self._rounds = half, rate, 0
            return
        self._kept, self._kept_rate, self._vain = self.width, rate, False
        self._try(_useful(self.width, busy_share))

    def _hold(self, rate: float, seconds: float, busy_share: float) -> None:
        first = not self._kept_rate
        self._kept_rate = rate if first else (self._kept_rate + rate) / 2
        self._held += seconds
        useful = _useful(self.width, busy_share)
        if first or not self._vain:
            self._try(useful)
        elif self._held >= PROBE_SECONDS:
            self._try(min(useful, self.width + max(1, self.width // 2)))

    def _grow_back(self, struck: int, rate: float) -> None:
        """Double up to half of the width that was too much, then take steps until shortly below it."""
        doubled = 2 * self.width
        grown = min(self._most, struck * 7 // 8, doubled if doubled <= struck // 2 else self.width + struck // 16 + 1)
        if grown > self.width:
            self._change(grown)
        else:
            self._struck = None
            self._keep(self.width, rate)

    def _slow_down(self) -> None:
        """Halve, and forgive for a round."""
        self._struck = self._struck if self._storm and self._struck else self.width
        self._storm = self._vain = True
        self._forgiven, self._forgiven_seconds = self.width, ROUND_SECONDS
        self._ended = self._refused = 0
        self._keep(max(min(LEAST, self._most), self.width // 2), 0.0)

    def _keep(self, width: int, rate: float) -> None:
        self._kept, self._kept_rate, self._held = width, rate, 0.0
        self._change(width)

    def _try(self, width: int) -> None:
        """Let more requests begin; the next round shows what they bring."""
        self._held = 0.0
        if min(width, self._most) > self.width:
            self._change(min(width, self._most))

    def _change(self, width: int) -> None:
        self.width, self._rounds = width, 0
        self._begin_round(width)


def _useful(width: int, busy_share: float) -> int:
    """Return how many requests keep the thread at work, if `width` do so for a share of the time."""
    return width if busy_share > BUSY_SHARE else int(width * min(MOST_GROWTH, SPARE / max(busy_share, 0.01)))
