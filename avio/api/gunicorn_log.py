"""Gunicorn's messages and the access log as JSON lines, without headers and queries, which may have tokens."""

import time
from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger

from avio.api.access_quota import AccessQuota
from avio.api.peers import peer_of
from avio.log import start_logging
from avio.wire import traces

QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

ADMITTED = "avio.admitted"  # in the environ of a request that has a place among those of a user


class JsonLogger(Logger):  # type: ignore[misc]
    """The logger class of gunicorn."""

    def setup(self, cfg: Any) -> None:
        """Send all of gunicorn's records to our handler."""
        super().setup(cfg)
        start_logging("web", cfg.loglevel)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True
        self._quota = AccessQuota()

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Log one request: caller, path and status. Of requests without a user an address has few lines a second.

        The last line of a request: what this thread does next belongs to no trace.
        """
        try:
            self._access(resp, environ, request_time)
        finally:
            traces.current.set(None)

    def _access(self, resp: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        path, address, now = environ.get("PATH_INFO", ""), environ.get("REMOTE_ADDR", ""), time.monotonic()
        is_quiet = path in QUIET and resp.status_code < 400
        if is_quiet or ADMITTED in environ:
            may_log, skipped = not is_quiet, self._quota.flush(now)
        else:
            may_log, skipped = self._quota.take(peer_of(address), now)
        for other, count in skipped.items():
            self.access_log.info("more requests", extra={"address": other, "count": count})
        if not may_log:
            return
        headers = {name.lower(): text for name, text in resp.headers}
        self.access_log.info(
            "request",
            extra={
                "method": environ.get("REQUEST_METHOD"),
                "path": path,
                "status": resp.status_code,
                "ms": round(request_time.total_seconds() * 1000, 1),
                "address": address,
                "requestId": headers.get("x-request-id"),
            },
        )
