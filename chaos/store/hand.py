"""Another program with a key to the bucket: it changes, deletes and adds objects of trees while jobs work on them."""

import random
import threading
from collections.abc import Iterable

from chaos.store.model import Model

HAND = "another hand"
PAUSE = (0.05, 0.4)  # seconds between two deeds
MAX_SIZE = 2048  # bytes
TREES = 4  # the newest trees that it works on


class Hand:
    """It works from `begin` to `end` on the trees that it is shown."""

    def __init__(self, model: Model, random_: random.Random) -> None:
        self.deeds = 0
        self._model, self._random = model, random_
        self._trees: list[tuple[str, tuple[str, ...]]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="another hand")

    def begin(self) -> None:
        """Work from a thread."""
        self._thread.start()

    def end(self) -> None:
        """Return when it has done its last deed."""
        self._over.set()
        self._thread.join()

    def show(self, tree: str, keys: Iterable[str] = ()) -> None:
        """Let it work on a tree: on what is in the bucket, and on `keys` too."""
        self._trees = [*self._trees, (tree, tuple(keys))][-TREES:]

    def _work(self) -> None:
        while not self._over.wait(self._random.uniform(*PAUSE)):
            if self._trees:
                self._do(*self._random.choice(self._trees))

    def _do(self, tree: str, more: Iterable[str]) -> None:
        keys = sorted({*self._model.keys(f"{tree}/"), *more})
        if not keys:
            return
        key = self._random.choice(keys)
        deed = self._random.choices(("change", "delete", "add"), (7, 2, 1))[0]
        if deed == "delete":
            self._model.delete(key, HAND)
        else:
            now = self._model.current(key)
            same = now is not None and self._random.random() < 0.5
            size = len(now.content) if now is not None and same else self._random.randint(1, MAX_SIZE)
            content = self._random.randbytes(size)
            self._model.put(key if deed == "change" else f"{key}.more", content, HAND)
        self.deeds += 1
