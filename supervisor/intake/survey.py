"""Surveys the tiers, seldom: who brought what is cached, what nobody has read, what is not saved.

Runs in intake, in the thread that measures the tiers. Of several nodes that share a tier one surveys it.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping

from peewee import PeeweeException

from avio.db import cache_maps
from avio.db.connection import AWAY, borrow
from avio.engines.survey import Surveyed
from avio.errors import EngineError
from avio.log import LogPace
from avio.rules.cache_map import Origins, build

MIN_REST_SECONDS = 60.0
REST_FACTOR = 100  # a survey is followed by a rest of so many times as long as it took
GIVE_UP_SECONDS = 1800.0  # then the map has what was seen until then, and says so
LEASE_SECONDS = GIVE_UP_SECONDS + 60.0  # in which no other node begins

log = logging.getLogger(__name__)


class Surveyor:
    """Surveys the tiers that are due. `surveys` are those of the engine."""

    def __init__(self, node: str, surveys: Mapping[str, Callable[[], Iterator[Surveyed]]]) -> None:
        self._node, self._surveys = node, surveys
        self._pace = LogPace()

    def look(self) -> None:
        """Survey each tier that is due. What goes wrong is tried again later, and ends nothing."""
        for alias, survey in self._surveys.items():
            try:
                with borrow():
                    if not cache_maps.begin(alias, self._node, LEASE_SECONDS):
                        continue
                self._survey(alias, survey)
            except (EngineError, OSError, PeeweeException, *AWAY) as error:
                if self._pace.is_due(f"{alias}: {error}"):
                    log.warning("tier not surveyed", extra={"tier": alias, "why": str(error)})

    def _survey(self, alias: str, survey: Callable[[], Iterator[Surveyed]]) -> None:
        began = time.monotonic()
        with borrow():
            origins = Origins(*cache_maps.preloads())
        made = build(survey(), origins, give_up=lambda: time.monotonic() - began > GIVE_UP_SECONDS)
        took = time.monotonic() - began
        with borrow():
            cache_maps.store(alias, self._node, made.to_json(), took, max(MIN_REST_SECONDS, REST_FACTOR * took))
