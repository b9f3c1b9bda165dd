"""Archived objects: what the storage classes of a listing tell a plan."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.local.buckets.archived import MAX_KEYS, ArchivedKeys, archived_keys
from avio.executor import run as running
from avio.executor.attempt import Attempt
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.states import JobType
from tests.servers.hostile_s3 import HostileS3, hostile_s3

CLASSES = {b"d/a": b"GLACIER", b"d/b": b"DEEP_ARCHIVE", b"d/c": b"GLACIER_IR", b"d/d": b"STANDARD"}


@pytest.fixture
def store() -> Iterator[HostileS3]:
    """A store whose objects have storage classes."""

    def with_classes(number: int, query: dict[str, str], honest: bytes) -> tuple[int, bytes]:
        for key, name in CLASSES.items():
            head, found, rest = honest.partition(b"<Key>%s</Key>" % key)
            if found:
                honest = head + found + rest.replace(b"</Size>", b"</Size><StorageClass>%s</StorageClass>" % name, 1)
        return 200, honest

    with hostile_s3() as state:
        state.objects = dict.fromkeys(CLASSES, b"1")
        state.lie = with_classes
        yield state


@pytest.mark.parametrize("url", ["s3://b", "s3://b/d"])
def test_a_plan_names_objects_that_must_be_restored_first(store: HostileS3, tmp_path: Path, url: str) -> None:
    settings = {
        "engine": "local",
        "mounts": {"/data": {"url": url, "options": store.options}},
        "tiers": [{"alias": "MEM", "path": str(tmp_path / "tier"), "capacity": 1 << 30}],
    }
    params = Params(alluxio_uri="/data", plan_of="preload", filters=("- b",))

    result = running.run(Order("JOB", 1, JobType.PLAN, params, settings), Attempt("JOB", 1), tmp_path)

    assert result.plan is not None, result.message
    first = "/data/a" if url.endswith("/d") else "/data/d/a"
    assert [(each.reason, first in each.message) for each in result.plan.warnings] == [("ARCHIVED", True)]
    assert result.plan.warnings[0].message.startswith("1 file ")


def test_a_page_whose_form_is_another_one_tells_nothing() -> None:
    body = b"<Contents><Key>a</Key><StorageClass>GLACIER</StorageClass></Contents>"

    assert archived_keys(body, [("a", 1, 1, None)]) == ["a"]
    assert archived_keys(body, [("a", 1, 1, None), ("b", 1, 1, None)]) == []
    assert archived_keys(body.replace(b"GLACIER", b"STANDARD"), [("a", 1, 1, None)]) == []


def test_a_key_is_told_once_and_the_memory_is_bounded() -> None:
    keys = ArchivedKeys()
    keys.add(["a"])

    assert (keys.take("a"), keys.take("a")) == (True, False)

    keys.add([str(number) for number in range(MAX_KEYS)])
    keys.add(["late"])

    assert not keys.take("late")
