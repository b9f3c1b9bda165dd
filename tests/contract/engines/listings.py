"""A bucket or an engine over a store that may lie, and what a job lists of it."""

from collections.abc import Mapping
from types import MappingProxyType

from avio.engines.local.buckets.objects import ObjectsBucket
from avio.engines.local.engine import LocalEngine
from tests.servers.hostile_s3 import HostileS3


def opened(store: HostileS3, url: str = "s3://b", separator: str = "/") -> ObjectsBucket:
    return ObjectsBucket(url, store.options, separator)


def listed(bucket: ObjectsBucket, prefix: str = "", depth: int | None = None) -> tuple[list[str], list[str]]:
    """Return the keys that a job gets, and those that are left out."""
    left: list[str] = []
    keys = [
        each.key for each in bucket.scan(prefix, depth=depth, ordered=False, leave_out=lambda key, _: left.append(key))
    ]
    return keys, left


def engine_of(
    store: HostileS3, tmp_path: object, options: Mapping[str, str] = MappingProxyType({}), **mounts: str
) -> LocalEngine:
    urls = {"/s3": {"url": "s3://b", "options": {**store.options, **options}}} | {
        path: {"url": url} for path, url in mounts.items()
    }
    return LocalEngine.from_settings(
        {"mounts": urls, "tiers": [{"alias": "MEM", "path": f"{tmp_path}/mem", "capacity": 1 << 30}]}
    )
