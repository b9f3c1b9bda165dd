"""Tidying up after attempts that died: the temporaries that they left in cache and buckets.

Runs in intake's database thread. What a live attempt of any node has is left alone.
"""

import logging

from avio.config import Settings
from avio.db import leases
from avio.db.connecting import borrow
from avio.engines.opening import open_engine
from avio.errors import EngineError

log = logging.getLogger(__name__)


class Tidying:
    """Sweeps the engine's temporaries; a store that is away is tidied the next time."""

    def __init__(self, settings: Settings) -> None:
        self._engine = open_engine(settings.engine_settings())

    def tidy(self) -> None:
        """Remove the temporaries of attempts that no node has."""
        try:
            with borrow():
                self._engine.sweep(leases.live_attempts)
        except (EngineError, OSError) as error:
            log.warning("not tidied", extra={"why": str(error)})
