"""How gunicorn serves web: `gunicorn --config python:avio.api.serving app:app`. Read by gunicorn's master alone.

Every name here that gunicorn knows as a setting is one; the others are private.
Settings that don't hold are all told, and end the master with exit code 2: restarting would not mend them.
"""

import sys
from typing import Any

from avio.api import create_app
from avio.api.access import JsonLogger
from avio.api.parts import KEY
from avio.config import SettingsError, load

try:
    _settings = load()
    create_app(_settings)  # as each worker will: it opens nothing, but knows which URLs and mounts can't be
except (SettingsError, ValueError) as error:
    _problems = error.problems if isinstance(error, SettingsError) else [str(error)]
    print("the settings don't hold:", *_problems, sep="\n  ", file=sys.stderr)
    sys.exit(2)

bind = _settings.web_address()
workers = _settings.web_workers
worker_class = "gthread"
threads = _settings.web_threads
# Of the worker's main loop, which beats while its threads are busy with streams and uploads.
timeout = 30
graceful_timeout = 10
# Above the 5 s after which HTTP clients drop an idle connection, so that the server is never first.
keepalive = 15
limit_request_line = 8190
limit_request_field_size = 8190
logger_class = JsonLogger
loglevel = _settings.log_level
accesslog = "-"
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Let event streams end when the worker is told to: they would otherwise hold it for the whole grace."""
    worker.wsgi.extensions[KEY].hub.stopping = lambda: not worker.alive
