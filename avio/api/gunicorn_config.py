"""The configuration of web: `gunicorn --config python:avio.api.gunicorn_config app:app`. Read by gunicorn's master.

Gunicorn takes every public name here as a setting.
Invalid settings are all printed and end the master with exit code 2, since a restart would not help.
"""

import resource
import sys
from contextlib import suppress
from typing import Any

import avio.startup
from avio.api import create_app
from avio.api.gunicorn_log import JsonLogger
from avio.api.metrics_files import MetricsFiles
from avio.api.services import KEY
from avio.config import load
from avio.errors import SettingsError

try:
    _settings = load()
    create_app(_settings)  # as each worker does: it opens no connection, and refuses invalid URLs and mounts
except (SettingsError, ValueError) as error:
    _problems = error.problems if isinstance(error, SettingsError) else [str(error)]
    print("the settings are invalid:", *_problems, sep="\n  ", file=sys.stderr)
    sys.exit(2)
avio.startup.loaded()

# Clients and connections to stores need open files, and many systems allow 1,024 unless a process asks for more.
_, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
with suppress(ValueError, OSError):  # a hard limit above the kernel's own
    resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))

bind = _settings.web_address()
workers = _settings.web_workers
worker_class = "avio.api.sockets.worker.Worker"
threads = _settings.web_threads
worker_connections = min(1000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
# For the worker's main loop, which answers while its threads are busy with streams and uploads.
timeout = 30
graceful_timeout = 10
# HTTP clients drop an idle connection after 5 s. The server must not be first.
keepalive = 15
limit_request_line = 0  # avio.api.sockets.incoming has the limit: gunicorn's greatest is too short for a path
limit_request_field_size = 8190
logger_class = JsonLogger
loglevel = _settings.log_level
accesslog = "-"
control_socket_disable = True


_files = MetricsFiles(2 * _settings.web_workers + 8)  # while workers are replaced there are twice as many


def pre_fork(server: Any, worker: Any) -> None:
    """Choose the file for the metrics of a worker. Runs in the master."""
    worker.metrics_file = _files.take()


def child_exit(server: Any, worker: Any) -> None:
    """Let the next worker go on in the file of this one, which is dead. Runs in the master."""
    _files.give_back(worker.metrics_file)


def post_worker_init(worker: Any) -> None:
    """End event streams when the worker must exit, else they delay it for the whole grace time. Share the metrics."""
    services = worker.wsgi.extensions[KEY]
    services.hub.stopping = lambda: not worker.alive
    if worker.metrics_file is not None:
        services.observed.share(_files.descriptors, worker.metrics_file)
