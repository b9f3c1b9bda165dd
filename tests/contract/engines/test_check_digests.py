"""A check compares cached bytes with the digest that a store has of its object: no download, and no guess."""

import base64
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from avio.engines.local.buckets import object_put
from avio.engines.local.buckets.objects import ObjectsBucket
from avio.wire.states import State
from tests.contract.engines.lying_store import Reply, Store
from tests.contract.engines.test_check import CheckJob, check_job
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_set_back import edit

MIB = 1 << 20
KMS = {"x-amz-server-side-encryption": "aws:kms"}


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


@pytest.fixture
def check(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckJob:
    return check_job(world, tmp_path, monkeypatch)


def asked_for_objects(store: Store) -> list[str]:
    """Return the requests for single objects."""
    return [line for line in store.requests if not line.split()[1].startswith("?") and "list-type" not in line]


def touch(world: World, name: str) -> None:
    os.utime(world.tiers[0] / "data" / name)


@pytest.mark.parametrize("verify", ["content", "size", "checksum"])
def test_a_check_asks_the_store_for_listings_alone(world: World, store: Store, check: CheckJob, verify: str) -> None:
    for name in ("a", "b", "c"):
        store.put(name, name.encode() * 100)
    world.preload()
    touch(world, "b")
    store.put("d", b"d")
    world.put_cache("/data/new", b"new")
    store.requests.clear()

    _, signs = check(verify=verify)

    assert signs == {"a": "=", "b": "=", "c": "=", "d": "-", "new": "+"}
    # The path of the check might be an object, and the last cached file might be one that no listing has.
    assert [line for line in asked_for_objects(store) if not line.startswith("HEAD")] == []


def test_an_etag_that_differs_is_believed_after_a_look_at_the_head(world: World, store: Store, check: CheckJob) -> None:
    store.put("f", b"content")
    world.preload()
    edit(world.tiers[0] / "data/f", b"CONTENT")
    store.requests.clear()
    assert check()[1] == {"f": "*"}
    assert {tuple(line.split()[:2]) for line in asked_for_objects(store)} == {("HEAD", "f")}


def encrypt(store: Store) -> None:
    """Say of each object that it is encrypted."""

    def lie(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        return (status, headers | KMS, body) if key else reply

    store.lie = lie


@pytest.mark.parametrize(("verify", "sign"), [("content", "="), ("size", "="), ("checksum", "!")])
def test_the_etag_of_an_encrypted_object_is_no_digest(
    world: World, store: Store, check: CheckJob, verify: str, sign: str
) -> None:
    encrypt(store)
    store.put("f", b"content", f'"{"0" * 32}"')
    world.preload()

    result, signs = check(verify=verify)

    assert signs == {"f": sign}
    if sign == "!":
        assert (result.state, result.reason) == (State.FAILED, "NO_DIGEST")


@pytest.mark.parametrize("etag", [f'"{"0" * 32}"', '"no-digest"'])
def test_a_changed_copy_that_nothing_proves_is_not_compared(
    world: World, store: Store, check: CheckJob, etag: str
) -> None:
    encrypt(store)
    store.put("f", b"content", etag)
    store.put("g", b"content", etag)
    world.preload()
    touch(world, "f")
    world.put_cache("/data/g", b"other size")
    result, signs = check()
    assert signs == {"f": "!", "g": "*"}
    assert (result.state, result.reason) == (State.PARTIAL, "NO_DIGEST")


@pytest.mark.parametrize(("changed", "sign"), [(False, "="), (True, "*")])
def test_the_checksum_of_an_encrypted_object_tells(
    world: World, store: Store, check: CheckJob, changed: bool, sign: str
) -> None:
    checksum = base64.b64encode(hashlib.sha256(b"content").digest()).decode()

    def lie(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        return (status, headers | KMS | {"x-amz-checksum-sha256": checksum}, body) if key else reply

    store.lie = lie
    store.put("f", b"content", '"no-digest"')
    world.preload()
    edit(world.tiers[0] / "data/f", b"CONTENT" if changed else b"content")
    store.requests.clear()

    assert check(verify="checksum")[1] == {"f": sign}
    assert store.count("GET f") == 0


def test_an_object_that_changes_during_the_check_is_not_compared(world: World, store: Store, check: CheckJob) -> None:
    store.put("f", b"content")
    world.preload()
    edit(world.tiers[0] / "data/f", b"CONTENT")

    def change(method: str, key: str) -> None:
        if (method, key) == ("HEAD", "f"):
            store.put("f", b"newer")

    store.before = change
    result, signs = check()
    assert (signs, result.reason) == ({"f": "!"}, "SOURCE_CHANGED")


def in_parts(content: bytes, size: int) -> str:
    """Return the ETag of an upload in parts of `size` bytes."""
    parts = [hashlib.md5(content[start : start + size]).digest() for start in range(0, len(content), size)]
    return f'"{hashlib.md5(b"".join(parts)).hexdigest()}-{len(parts)}"'


@pytest.mark.parametrize(("changed", "sign"), [(False, "="), (True, "!")])
def test_an_upload_in_parts_of_a_usual_size_is_proved_and_never_disproved(
    world: World, store: Store, check: CheckJob, changed: bool, sign: str
) -> None:
    content = os.urandom(6 * MIB)
    store.put("f", content, in_parts(content, 5 * MIB))
    world.preload()
    edit(world.tiers[0] / "data/f", b"other" if changed else content[:5])
    assert check()[1] == {"f": sign}


def test_what_avio_saved_in_parts_is_proved(
    world: World, check: CheckJob, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_put, "PART_BYTES", MIB)
    world.put_cache("/data/f", os.urandom(3 * MIB))
    world.save()
    assert "-" in store.objects["f"][1]
    assert check(verify="checksum")[1] == {"f": "="}


@pytest.mark.parametrize("rotten", [0, 1])
def test_each_of_two_copies_is_read(world: World, store: Store, check: CheckJob, rotten: int) -> None:
    store.put("f", b"right bytes")
    world.preload()
    first, second = (tier / "data/f" for tier in world.tiers)
    second.parent.mkdir()
    shutil.copy2(first, second)
    with open((first, second)[rotten], "r+b") as file:
        file.write(b"R")

    assert check(verify="checksum")[1] == {"f": "*"}


@pytest.mark.parametrize("verdicts", [(None, False), (False, None)])
def test_a_copy_that_nothing_proves_hides_no_other_that_differs(
    world: World, store: Store, check: CheckJob, monkeypatch: pytest.MonkeyPatch, verdicts: tuple[bool | None, ...]
) -> None:
    store.put("f", b"right bytes")
    world.preload()
    first, second = (tier / "data/f" for tier in world.tiers)
    second.parent.mkdir()
    shutil.copy2(first, second)
    told = iter(verdicts)
    monkeypatch.setattr(ObjectsBucket, "equals", lambda *_: next(told))

    assert check(verify="checksum")[1] == {"f": "*"}
