"""The objects that all routes use, made once by `create_app` and kept in the app. Used by web alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone
from typing import Any

import redis
from flask import current_app
from prometheus_client import CollectorRegistry

from avio.api.hub import Hub
from avio.api.login_lanes import Lane
from avio.api.proxies import Proxies
from avio.api.throttle import Throttle
from avio.config import Settings
from avio.metrics.observed import Observed
from avio.rules.cache import Cache
from avio.rules.engine_health import EngineHealth
from avio.rules.fresh import Fresh
from avio.rules.gate import Gate
from avio.rules.jobs import Service
from avio.rules.keeps import Keeps
from avio.rules.places import Places
from avio.rules.schedules import Schedules
from avio.rules.top import Top
from avio.rules.types import Engine
from avio.streams import Events

KEY = "avio"


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one web process. None connects before its first use. Routes ask rules, never `engine`."""

    settings: Settings
    engine: Engine
    health: EngineHealth
    readiness: Fresh[Mapping[str, Any]]
    database: Fresh[Mapping[str, Any]]
    cache: Cache
    gate: Gate
    jobs: Service
    schedules: Schedules
    keeps: Keeps
    top: Top
    events: Events
    hub: Hub
    proxies: Proxies
    throttle: Throttle
    strangers: Lane
    familiar: Lane
    redis: redis.Redis
    observed: Observed
    metrics: CollectorRegistry
    scrapes: Places
    zone: timezone


def services() -> Services:
    """Return the services of the app that answers this request."""
    found: Services = current_app.extensions[KEY]
    return found
