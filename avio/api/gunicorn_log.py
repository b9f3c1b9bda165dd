"""Gunicorn's messages and the access log as JSON lines, without headers and queries, which may have tokens."""

from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger

from avio.log import start_logging

QUIET = frozenset({"/healthz", "/readyz"})


class JsonLogger(Logger):  # type: ignore[misc]
    """The logger class of gunicorn."""

    def setup(self, cfg: Any) -> None:
        """Send all of gunicorn's records to our handler."""
        super().setup(cfg)
        start_logging("web", cfg.loglevel)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Log one request: caller, path and status."""
        path = environ.get("PATH_INFO", "")
        if path in QUIET and resp.status_code < 400:
            return
        headers = {name.lower(): text for name, text in resp.headers}
        self.access_log.info(
            "request",
            extra={
                "method": environ.get("REQUEST_METHOD"),
                "path": path,
                "status": resp.status_code,
                "ms": round(request_time.total_seconds() * 1000, 1),
                "address": environ.get("REMOTE_ADDR"),
                "requestId": headers.get("x-request-id"),
            },
        )
