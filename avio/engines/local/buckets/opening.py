"""Opens obstore's stores: splits a mount's options, sets the limits on waiting and retrying.

Stores are opened at the first call, so that an engine may be built before a fork. Used in web and the job process.
"""

from collections.abc import Callable
from datetime import timedelta

from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

_RETRIES = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=3),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
}
# A task must answer within about 10 s; a transfer may take longer, but not for ever.
_ASKING = {"connect_timeout": "3s", "timeout": "4s"}
_MOVING = {"connect_timeout": "5s", "timeout": "60s"}
# Options of the HTTP client rather than of the store: obstore wants them apart.
_CLIENT_OPTIONS = frozenset(
    {
        "allow_http",
        "allow_invalid_certificates",
        "http1_only",
        "http2_only",
        "pool_idle_timeout",
        "pool_max_idle_per_host",
        "proxy_ca_certificate",
        "proxy_excludes",
        "proxy_url",
        "randomize_addresses",
        "root_certificate",
        "user_agent",
    }
)


class StoreOpener:
    """Knows how to open the store at `url`; `options` are obstore's, by its names."""

    def __init__(self, url: str, options: dict[str, str]) -> None:
        self._url = url
        self._client = {name: text for name, text in options.items() if name in _CLIENT_OPTIONS}
        self._config = {name: text for name, text in options.items() if name not in _CLIENT_OPTIONS}

    def check(self) -> None:
        """Raise ValueError when the store can't be opened with these options; connects to nothing."""
        try:
            self.open_to_ask()
        except (BaseError, ValueError, TypeError) as error:
            reason = str(error).partition("\n")[0]
            raise ValueError(f"{self._url} can't be opened: {reason} Correct url or options") from None

    def open_to_ask(self) -> ObjectStore:
        """Return a store for questions, which a task waits for."""
        return self._open(_ASKING)

    def open_to_move(self) -> ObjectStore:
        """Return a store for transfers."""
        return self._open(_MOVING)

    def _open(self, limits: dict[str, str]) -> ObjectStore:
        open_store: Callable[..., ObjectStore] = from_url  # its overloads want literal URLs
        return open_store(
            self._url, config=self._config, client_options={**limits, **self._client}, retry_config=_RETRIES
        )
