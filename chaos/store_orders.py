"""The stream of orders on the hostile mount: preloads of new and of known trees, saves of new and of edited ones."""

import random
import threading

from chaos import trees
from chaos.cached import Cached
from chaos.mounts import Disk
from chaos.orders import Ordered, Orders
from chaos.store.hand import Hand
from chaos.store.model import Model

HOSTILE = "s3"  # the mount
USER = "the user"
IN_FLIGHT = 3
FILES = (20, 90)
KINDS = {"fetch": 6, "again": 3, "push": 4, "edit": 3}
KNOWN = 12  # trees of ended jobs that are worked on again


class StoreOrders:
    """A user who orders on and on, from `begin` to `end`. `open` are the jobs that nobody has judged yet."""

    def __init__(
        self, orders: Orders, model: Model, hand: Hand, cached: Cached, disk: Disk, random_: random.Random
    ) -> None:
        self.open: list[Ordered] = []
        self._orders, self._model, self._hand, self._cached, self._disk = orders, model, hand, cached, disk
        self._random = random_
        self._known: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="store orders")

    def begin(self) -> None:
        """Order from a thread."""
        self._thread.start()

    def end(self) -> None:
        """Order no more."""
        self._over.set()
        self._thread.join()

    def judged(self, order: Ordered) -> None:
        """Take a job as ended and judged; its tree may be used again."""
        self.open.remove(order)
        if order.kind in ("fetch", "again", "edit"):
            self._known = [*self._known, order.tree][-KNOWN:]

    def _work(self) -> None:
        while not self._over.wait(self._random.uniform(0.2, 1.0)):
            if self._orders.unfinished(HOSTILE) < IN_FLIGHT and self._disk.is_mounted:
                kind = self._random.choices(list(KINDS), list(KINDS.values()))[0]
                made = self._place(kind)
                if made is not None:
                    self.open.append(made)

    def _place(self, kind: str) -> Ordered | None:
        if kind in ("again", "edit"):
            if not self._known:
                return None
            tree = self._known.pop(self._random.randrange(len(self._known)))
            return self._edit(tree) if kind == "edit" else self._send("again", tree)
        tree = self._orders.name(kind)
        content = {f"{tree}/{path}": data for path, data in trees.content(tree, self._random.randint(*FILES)).items()}
        alone = self._random.random() < 0.4
        if kind == "push":
            for key, data in content.items():
                self._cached.write(key, data)
        else:
            for key, data in content.items():
                self._model.put(key, data, USER)
        if not alone:
            self._hand.show(tree, content if kind == "push" else ())
        return self._send(kind, tree, tuple(content) if kind == "push" else ())

    def _edit(self, tree: str) -> Ordered | None:
        """Replace some cached files of a tree, add one, and save it."""
        there = sorted(self._cached.below(tree))
        keys = self._random.sample(there, len(there) // 3)
        keys.append(f"{tree}/new-{self._random.randrange(10**6):06}")
        for key in keys:
            self._cached.write(key, self._random.randbytes(self._random.randint(1, trees.MAX_SIZE)))
        return self._send("edit", tree, tuple(keys))

    def _send(self, kind: str, tree: str, keys: tuple[str, ...] = ()) -> Ordered | None:
        checked = kind in ("fetch", "again") and self._random.random() < 0.3
        made = self._orders.send(kind, tree, len(keys), HOSTILE, **({"verify": "checksum"} if checked else {}))
        if made is not None:
            made.keys, made.checked = keys, checked
        return made
