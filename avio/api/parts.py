"""What the routes work with, made once by `create_app` and kept in the app. Read by web alone."""

from dataclasses import dataclass
from datetime import timezone

import redis
from flask import current_app

from avio.api.hub import Hub
from avio.api.throttle import Throttle
from avio.config import Settings
from avio.engines.base import Engine
from avio.jobs import Service
from avio.streams import Events

KEY = "avio"


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one web process; none of them connects before it is used."""

    settings: Settings
    engine: Engine
    jobs: Service
    events: Events
    hub: Hub
    throttle: Throttle
    redis: redis.Redis
    zone: timezone


def parts() -> Parts:
    """Return the parts of the app that answers this request."""
    found: Parts = current_app.extensions[KEY]
    return found
