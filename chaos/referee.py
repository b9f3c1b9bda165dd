"""Judges each job on the hostile mount as soon as it has ended, and how long it took."""

import threading

from avio.wire.states import TERMINAL
from chaos.judgements import Judgements
from chaos.orders import SAVES, Ordered
from chaos.store_orders import StoreOrders
from chaos.world import World

TURN = 0.3  # seconds between two looks
LONGEST = 300.0  # seconds that a job may take from its order to its end, whatever happens meanwhile


class Referee:
    """It works from `begin` to `end`. `wrong` are the violations, `looked` counts the judged jobs."""

    def __init__(self, world: World, orders: StoreOrders, judgements: Judgements) -> None:
        self.looked = self.succeeded = 0
        self.wrong: list[str] = []
        self.slow: list[str] = []
        self._world, self._orders, self._judgements = world, orders, judgements
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="referee")

    def begin(self) -> None:
        """Work from a thread."""
        self._thread.start()

    def end(self) -> None:
        """Judge what is left, and return."""
        self._over.set()
        self._thread.join()
        self._judge_all()
        self.slow += [f"{order.job} has not ended" for order in self._orders.open]

    def _work(self) -> None:
        while not self._over.wait(TURN):
            self._judge_all()

    def _judge_all(self) -> None:
        waiting = {order.job: order for order in list(self._orders.open)}
        if not waiting:
            return
        rows = self._world.ask("SELECT id, state, finished_at FROM jobs WHERE id = ANY(%s)", list(waiting))
        for job, state, finished in rows:
            if state in TERMINAL:
                self._judge(waiting[job], state, finished)

    def _judge(self, order: Ordered, state: str, finished: float) -> None:
        succeeded = state == "succeeded"
        if order.kind in SAVES:
            found = self._judgements.save(order.tree, order.keys, succeeded=succeeded)
        else:
            found = self._judgements.preload(
                order.tree, order.sent_at, finished, succeeded=succeeded, checked=order.checked
            )
        self.wrong += [f"{order.job} ({order.kind}, {state}): {line}" for line in found]
        if finished - order.sent_at > LONGEST:
            self.slow.append(f"{order.job} took {finished - order.sent_at:.0f} s")
        self.looked += 1
        self.succeeded += succeeded
        self._orders.judged(order)

    @property
    def ended_within(self) -> tuple[int, list[str]]:
        """Return how many jobs were looked at, and those that took too long."""
        return self.looked, self.slow
