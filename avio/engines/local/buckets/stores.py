"""Opens obstore's stores: splits a mount's options, sets the limits on waiting and retrying.

It opens a store at the first call, so that an engine may be built before a fork. Used in web and the job process.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import blake2b

from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from avio.engines.local.buckets.options import with_plain_http
from avio.engines.local.buckets.shown_url import without_login
from avio.engines.local.errors import is_panic

_RETRIES = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=3),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
}
# A task must answer within about 10 s. A transfer may take as long as bytes arrive: it ends after a minute of silence.
_ASKING = {"connect_timeout": "3s", "timeout": "4s"}
_MOVING = {"connect_timeout": "5s", "read_timeout": "60s", "timeout": "1day"}
# Options of the HTTP client: obstore takes them separately from those of the store.
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


# What says which of several stores a bucket is in: its server, or the account of its owner.
_WHICH = ("endpoint", "endpoint_url", "account_name")


def store_id(options: Mapping[str, str]) -> str:
    """Return a text that is another one for each store that `options` name, or "" if they name none."""
    which = {text.lower().rstrip("/") for name, text in options.items() if name.lower().endswith(_WHICH)}
    return blake2b("\n".join(sorted(which)).encode(), digest_size=8).hexdigest() if which else ""


class StoreOpener:
    """Knows how to open the store at `url`; `options` are obstore's, by its names."""

    def __init__(self, url: str, options: dict[str, str]) -> None:
        self._url = url
        options = with_plain_http(url, options)
        self._client = {name: text for name, text in options.items() if name in _CLIENT_OPTIONS}
        self._config = {name: text for name, text in options.items() if name not in _CLIENT_OPTIONS}

    def check(self) -> None:
        """Raise ValueError if the store can't be opened with these options. Opens no connection."""
        try:
            self.open_to_ask()
        except BaseException as error:
            if not isinstance(error, BaseError | ValueError | TypeError) and not is_panic(error):
                raise
            reason = str(error).partition("\n")[0]
            raise ValueError(
                f"{without_login(self._url)} can't be opened: {reason.rstrip('.')}; correct url or options"
            ) from None

    def open_to_ask(self) -> ObjectStore:
        """Return a store for queries, with short time limits."""
        return self._open(_ASKING)

    def open_to_move(self) -> ObjectStore:
        """Return a store for transfers, with long time limits."""
        return self._open(_MOVING)

    def _open(self, limits: dict[str, str]) -> ObjectStore:
        open_store: Callable[..., ObjectStore] = from_url  # its overloads need literal URLs
        return open_store(
            self._url, config=self._config, client_options={**limits, **self._client}, retry_config=_RETRIES
        )
