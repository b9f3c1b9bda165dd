"""A node that claims jobs, without keeper and Redis."""

import socket
from pathlib import Path
from typing import Any

from avio.config import Settings
from avio.wire.orders import Order
from supervisor.intake.announce import Announcer
from supervisor.intake.channel import Channel
from supervisor.intake.claim import Claimer
from supervisor.intake.slots import Slots
from supervisor.shared.messages import MessageBuffer, Start
from supervisor.shared.spool import make_spool
from tests.contract.db import given
from tests.servers.ports import free_port


class Node:
    """The claimer of node n1 in epoch 1, with two slots."""

    def __init__(self, directory: Path, **more: Any) -> None:
        self.keeper, self._ours = socket.socketpair()
        self.keeper.setblocking(False)
        self.slots = Slots(2)
        settings = Settings(node="n1", redis_url=f"redis://127.0.0.1:{free_port()}/0", **more)
        spool, channel, announcer = make_spool(directory), Channel(self._ours), Announcer(settings.redis_url)
        self.claimer = Claimer(settings, 1, self.slots, spool, channel, announcer)

    def started(self) -> list[str]:
        """Return the jobs that keeper was told to start since the last time."""
        return [order.job for order in self.orders()]

    def orders(self) -> list[Order]:
        """Return the orders that keeper was given since the last time."""
        try:
            messages = list(MessageBuffer().feed(self.keeper.recv(1 << 20)))
        except BlockingIOError:
            return []
        assert all(isinstance(message, Start) for message in messages)
        return [Order.from_json(message.order) for message in messages if isinstance(message, Start)]

    def close(self) -> None:
        self.keeper.close()
        self._ours.close()


def list_job(list_id: str) -> str:
    """A queued job with a file list, as an older avio may have left it: nothing else keeps its list."""
    return given.job(params=f'{{"fromFileList": true, "fileListId": "{list_id}"}}', path=None, run_at=1)
