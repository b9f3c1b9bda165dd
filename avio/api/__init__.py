"""The HTTP API: Flask routes, authentication, errors, event streams. Run by web alone.

`create_app` connects to nothing; a blueprint declares its routes, asks `avio.rules`, and returns.
"""

# A line imports only from the lines below it. All of it runs in web; gunicorn_config and gunicorn_log in its master.
#
#   gunicorn_config                                          how gunicorn runs `app:app`
#   (here)                                                   create_app: puts the blueprints together
#   page                                                     the page for browsers: its files, and their routes
#   schedules                                                routes: jobs at each tick of a cron expression
#   artifacts, events                                        routes that look at one job: what it left, what happens
#   jobs, tasks, gate, cache, keeps, top, fleet              routes: jobs; list, stat; waits; tiers; keeps; nodes
#   orders, filelists, webhooks, login, health, metrics      routes: preload and save; lists; webhooks; tokens; probes
#   job_watch, all_watch                                     event streams of a job and of all jobs; long poll
#   blueprints                                               how routes are declared
#   sockets                                                  the gunicorn worker: slow clients cost no thread
#   auth, headers, strict_request, page_tokens               who asks; what every request and reply carries
#   services                                                 what the routes work with
#   shown_job, news                                          what a listener was shown; what is new since its last look
#   figures_collector, process_collector                     what /metrics shows: the database; this web
#   http_metrics, metrics_files                              how long requests take; where workers write it
#   hub, throttle, login_lanes, readiness                    one reader of the stream; logins; what is ready
#   known_clients, proxies, request_places, hang_up          who has logged in where; whose request; shares; who is gone
#   schedule_shapes, gate_shapes, webhook_shapes             the shapes about schedules, waits and webhooks
#   keep_shapes, top_shapes                                  those about keeps, and who fills the cache
#   responses, serializers, webhook_info                     the shapes of what goes out; rows as JSON
#   fleet_responses, health_responses, plan_info             the shapes of nodes and mounts, of probes; plans as JSON
#   progress_responses, pace, waits, plan_shapes             the shapes of progress; ends, waits and plans of jobs
#   requests, errors, when                                   the shapes of what comes in; problem documents
#   request_fields, named_files, job_types, problem_document, gunicorn_log, shapes
#   access_quota, peers, page_rules                          lines of the access log; one client; routes of the page

import time
from collections.abc import Callable
from typing import Any

import orjson
from flask import request
from flask.json.provider import DefaultJSONProvider
from flask_openapi.models.info import Info
from flask_openapi.openapi import OpenAPI
from prometheus_client import CollectorRegistry
from werkzeug.routing import BaseConverter

import avio
from avio import config, queue, streams
from avio.api import auth, errors, headers, http_metrics, proxies, request_places, strict_request
from avio.api.artifacts import artifacts
from avio.api.cache import cache
from avio.api.events import events
from avio.api.figures_collector import FiguresCollector, FreshFigures
from avio.api.filelists import filelists
from avio.api.fleet import fleet
from avio.api.gate import gate
from avio.api.health import health
from avio.api.hub import Hub
from avio.api.jobs import jobs
from avio.api.keeps import keeps
from avio.api.known_clients import KnownClients
from avio.api.login import public, session
from avio.api.login_lanes import Lane
from avio.api.metrics import AT_ONCE, metrics
from avio.api.orders import orders
from avio.api.page.page_routes import page
from avio.api.process_collector import ProcessCollector
from avio.api.proxies import Proxies
from avio.api.readiness import Readings, take_database
from avio.api.responses import Problem
from avio.api.schedules import schedules
from avio.api.services import KEY, Services
from avio.api.tasks import browsing
from avio.api.throttle import Throttle
from avio.api.top import top
from avio.api.webhooks import webhooks
from avio.clock import parse_zone
from avio.config import Settings
from avio.db.connection import open_database
from avio.engines.base import Engine
from avio.engines.factory import open_engine
from avio.metrics.declared import ENGINE
from avio.metrics.observed import Observed
from avio.rules.cache import Cache
from avio.rules.engine_health import EngineHealth
from avio.rules.event_keys import EventKeys
from avio.rules.figures import FiguresReader
from avio.rules.filelists import ListLimits, Quota
from avio.rules.fresh import Fresh
from avio.rules.gate import Gate
from avio.rules.jobs import Service
from avio.rules.keeps import Keeps
from avio.rules.places import MountPlaces, Places
from avio.rules.schedules import Schedules
from avio.rules.tiers import expect_known_tiers
from avio.rules.top import Top

BLUEPRINTS = (
    public, session, browsing, gate, cache, orders, jobs, events, artifacts, filelists, schedules, webhooks,
    keeps, top, fleet, health, metrics,
)  # fmt: skip

# Endpoints that use the disks of the tiers, and how many seconds their ids are remembered.
USING_TIERS = frozenset({"/list", "/stat", "/wait", "/tiers", "/free", "/preload", "/save", "/jobs", "/schedules"})
TIER_SECONDS = 5.0

READY_SECONDS = 1.0  # for which an answer of /readyz is given again
WAITING_LOGINS = 8  # logins of each kind that wait for their turn

QBOX = {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`QBox <authToken of POST /login>`"}


class FastJson(DefaultJSONProvider):
    """JSON by orjson, since the standard library takes milliseconds for a page of 1,000 entries."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return `obj` as JSON."""
        return orjson.dumps(obj).decode()


class UlidConverter(BaseConverter):
    """A job id in a path. Anything else is 404."""

    regex = "[0-7][0-9A-HJKMNP-TV-Z]{25}"


class Web(OpenAPI):
    """Flask, with strict request bodies and fast replies."""

    request_class = strict_request.StrictRequest
    json_provider_class = FastJson


def create_app(settings: Settings | None = None, engine: Engine | None = None) -> Web:
    """Return the app of one web process. Raise SettingsError or ValueError for bad settings. `engine` is for tests."""
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
    app.openapi_version = "3.1.0"  # generators of clients that read 3.2 are few
    app.config["MAX_CONTENT_LENGTH"] = strict_request.BODY_MAX
    app.url_map.converters["ulid"] = UlidConverter
    app.extensions[KEY] = made = _make_services(settings, engine or open_engine(settings.engine_settings()))
    app.extensions[errors.LOCATE] = made.cache.locate
    app.extensions[errors.BELOW_DIRECTORY] = made.cache.below_directory
    http_metrics.register(app, made.observed)
    headers.register(app)
    errors.register(app)
    proxies.register(app, app.extensions[KEY].proxies)
    auth.register(app)
    request_places.register(app, Places(settings.requests_of_user))
    strict_request.register(app)
    app.before_request(known_tiers(app.extensions[KEY].engine))
    for blueprint in BLUEPRINTS:
        app.register_api(blueprint)
    app.register_blueprint(page)  # files for browsers: no calls of the API, and not in its description
    return app


def known_tiers(engine: Engine) -> Callable[[], None]:
    """Return what lets the engine know the disks of the tiers, each few seconds, before a request that uses them."""
    known_until = float("-inf")

    def expect() -> None:
        nonlocal known_until
        if request.path in USING_TIERS and time.monotonic() > known_until:
            expect_known_tiers(engine)
            known_until = time.monotonic() + TIER_SECONDS

    return expect


def _make_services(settings: Settings, engine: Engine) -> Services:
    client = streams.connect(settings.redis_url)
    stream = streams.Events(client, keys=EventKeys())
    places = MountPlaces(engine, settings.requests_of_mount)
    observed = Observed()
    shared = Cache(engine, places, lambda call: observed.timed(ENGINE, settings.engine, call))
    health = EngineHealth(engine)
    jobs = Service(
        engine,
        push=lambda job: queue.push(client, [job]),
        places=places,
        queued_max=settings.queued_max,
        list_limits=_list_limits(settings),
        webhook_networks=settings.webhook_networks,
    )
    return Services(
        settings=settings,
        engine=engine,
        health=health,
        readiness=Fresh(Readings(engine, health, client).take, READY_SECONDS),
        database=Fresh(take_database, READY_SECONDS),
        cache=shared,
        gate=Gate(shared),
        jobs=jobs,
        schedules=Schedules(jobs, settings),
        keeps=Keeps(engine.covers, settings, evicts=settings.engine == "alluxio"),
        top=Top(engine.surveys.keys, engine.urls),
        events=stream,
        hub=Hub(stream, settings.listeners, settings.listeners_of_user),
        proxies=Proxies(settings.trusted_proxies),
        throttle=Throttle(
            client,
            KnownClients(client),
            per_address=settings.failures_per_address,
            per_account=settings.failures_per_account,
        ),
        strangers=Lane(WAITING_LOGINS, of_one=2),
        familiar=Lane(WAITING_LOGINS, of_one=WAITING_LOGINS),
        redis=client,
        observed=observed,
        metrics=_registry(observed, engine),
        scrapes=Places(AT_ONCE),
        zone=parse_zone(settings.timezone),
    )


def _list_limits(settings: Settings) -> ListLimits:
    quota = Quota(settings.lists_max, int(settings.lists_bytes_max))
    return ListLimits(settings.list_lines_max, int(settings.list_bytes_max), quota)


def _registry(observed: Observed, engine: Engine) -> CollectorRegistry:
    """Return what /metrics shows."""
    made = CollectorRegistry()
    made.register(ProcessCollector(observed))
    made.register(FiguresCollector(FreshFigures(FiguresReader(engine.urls).read)))
    return made
