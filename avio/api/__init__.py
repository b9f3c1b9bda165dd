"""The service centre: Flask routes, authentication, errors, event streams. Run by web alone.

`create_app` connects to nothing; a room declares its routes, calls the rules of `avio.jobs`, and returns.
"""

from typing import Any

import orjson
from flask.json.provider import DefaultJSONProvider
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from werkzeug.routing import BaseConverter

import avio
from avio import config, queue, streams
from avio.api import auth, errors, headers, reading
from avio.api.artifacts import artifacts
from avio.api.browsing import browsing
from avio.api.cache import cache
from avio.api.events import events
from avio.api.filelists import filelists
from avio.api.health import health
from avio.api.hub import Hub
from avio.api.jobs import jobs
from avio.api.login import door, session
from avio.api.orders import orders
from avio.api.parts import KEY, Parts
from avio.api.replies import Problem
from avio.api.throttle import Throttle
from avio.clock import parse_zone
from avio.config import Settings
from avio.db.connecting import open_database
from avio.engines.base import Engine
from avio.engines.opening import open_engine
from avio.jobs import Service

ROOMS = (door, session, browsing, cache, orders, jobs, events, artifacts, filelists, health)

QBOX = {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`QBox <authToken of POST /login>`"}


class FastJson(DefaultJSONProvider):
    """JSON by orjson: a page of 1,000 entries would otherwise cost milliseconds."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return `obj` as JSON."""
        return orjson.dumps(obj).decode()


class UlidConverter(BaseConverter):
    """A job id in a path; anything else is a page that is not there."""

    regex = "[0-7][0-9A-HJKMNP-TV-Z]{25}"


class Web(OpenAPI):
    """The app: Flask, with bodies read strictly and replies written fast."""

    request_class = reading.StrictRequest
    json_provider_class = FastJson


def create_app(settings: Settings | None = None, engine: Engine | None = None) -> Web:
    """Return the app of one web process; SettingsError or ValueError for bad settings. `engine` is for tests."""
    settings = settings or config.load()
    open_database(settings.database_url)
    app = Web(
        __name__,
        static_folder=None,
        info=Info(title="avio server", version=avio.__version__),
        security_schemes={"QBox": QBOX},
        validation_error_status=400,
        validation_error_model=Problem,
        validation_error_callback=errors.refuse,
        doc_ui=False,
    )
    app.config["MAX_CONTENT_LENGTH"] = reading.BODY_MAX
    app.url_map.converters["ulid"] = UlidConverter
    app.extensions[KEY] = _make_parts(settings, engine or open_engine(settings.engine_settings()))
    headers.register(app)
    errors.register(app)
    auth.register(app)
    reading.register(app)
    for room in ROOMS:
        app.register_api(room)
    return app


def _make_parts(settings: Settings, engine: Engine) -> Parts:
    client = streams.connect(settings.redis_url)
    stream = streams.Events(client)
    return Parts(
        settings=settings,
        engine=engine,
        jobs=Service(
            engine,
            push=lambda job: queue.push(client, [job]),
            queued_max=settings.queued_max,
        ),
        events=stream,
        hub=Hub(stream, settings.listeners),
        throttle=Throttle(),
        redis=client,
        zone=parse_zone(settings.timezone),
    )
