"""Filling a bucket with objects of random bytes, from threads."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import obstore
from obstore.store import S3Store


def fill(bucket: str, options: Mapping[str, str], prefix: str, count: int, size: int) -> None:
    """Put `count` objects of `size` bytes below `prefix`, a thousand a folder."""
    store = S3Store(bucket, **{name: text for name, text in options.items() if name != "key_order"})  # type: ignore[arg-type]
    body = os.urandom(size + count)

    def put(no: int) -> None:
        obstore.put(store, f"{prefix}/{no // 1000:03}/{no:06}.bin", body[no : no + size])

    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(put, range(count), chunksize=64):
            pass
