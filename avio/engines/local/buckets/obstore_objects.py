"""The calls on the objects of a store that only obstore can open. Used in web and the job process."""

from functools import cached_property
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError, PreconditionError
from obstore.store import ObjectStore

from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.content_types import content_type
from avio.engines.local.buckets.store_calls import (
    Begin,
    Condition,
    ConditionFailed,
    Head,
    NoConditions,
    StoreCalls,
    Take,
)
from avio.engines.local.buckets.stores import StoreOpener
from avio.engines.local.buckets.versions import make_source, normal_etag
from avio.engines.local.errors import store_errors
from avio.engines.local.store_errors import refused_by
from avio.errors import Gone

CHUNK_BYTES = 256 << 10  # of a GET; what has arrived when the line breaks counts


class ObstoreObjects(StoreCalls):
    """The objects of the store at `url`."""

    def __init__(self, url: str, opener: StoreOpener) -> None:
        self._url = url
        self._opener = opener

    @cached_property
    def asking(self) -> ObjectStore:
        """The store for queries. It is opened after the fork."""
        return self._opener.open_to_ask()

    @cached_property
    def moving(self) -> ObjectStore:
        """The store for transfers."""
        return self._opener.open_to_move()

    def head(self, key: str) -> Source | None:
        """Ask the store."""
        try:
            with store_errors(f"{self._url}/{key}"):
                return _source_of(obstore.head(self.asking, key))
        except Gone:
            return None

    def get(self, key: str, span: tuple[int, int] | None, begin: Begin, take: Take) -> None:
        """Get it as a stream. Nothing tells whether the store encrypts it."""
        options: dict[str, Any] = {} if span is None else {"range": span}
        with store_errors(f"{self._url}/{key}"):
            result = obstore.get(self.moving, key, options=options)  # type: ignore[arg-type]
            begin(Head(_source_of(result.meta), str(result.attributes.get("Content-Type", ""))))
            for chunk in result.stream(CHUNK_BYTES):
                take(memoryview(chunk))

    def put(self, key: str, content: bytes, condition: Condition) -> str | None:
        """Put it, in obstore's mode for the condition."""
        mode: Any = "overwrite"
        if "If-Match" in condition:
            mode = {"e_tag": condition["If-Match"]}
        elif condition:
            mode = "create"
        with store_errors(f"{self._url}/{key}"):
            try:
                attributes: Any = {"Content-Type": content_type(key)}
                result = obstore.put(self.moving, key, content, attributes=attributes, mode=mode, use_multipart=False)
                return normal_etag(result["e_tag"])
            except (AlreadyExistsError, PreconditionError):
                raise ConditionFailed from None
            except (NotSupportedError, NotImplementedError):
                raise NoConditions from None
            except BaseError as error:
                if condition and _says_no_conditions(error):
                    raise NoConditions from None
                raise


def _source_of(meta: Any) -> Source:
    modified = meta["last_modified"]
    mtime_ns = int(modified.timestamp()) * 1_000_000_000 + modified.microsecond * 1000
    return make_source(meta["path"], meta["size"], mtime_ns, meta["e_tag"])


def _says_no_conditions(error: BaseError) -> bool:
    said = refused_by(str(error).partition("\n\nDebug source")[0])
    return said is not None and (said.status == 501 or said.code == "NotImplemented")
