"""A store that is reached only through a proxy: every request of tasks and jobs goes the same way."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.engines.local.buckets import object_put
from avio.engines.local.engine import LocalEngine
from avio.wire.results import Outcome
from tests.contract.engines.lying_store import Store
from tests.contract.engines.test_other_bytes import LARGE, SMALL, World
from tests.servers.socks import Socks, socks_proxy

NAMES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")
HOST = "store.invalid"  # no name server knows it


@pytest.fixture
def socks() -> Iterator[Socks]:
    with socks_proxy() as socks:
        yield socks


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def behind(store: Store, **options: str) -> dict[str, str]:
    return {**store.options, "endpoint": f"http://{HOST}:{store.port}", **options}


def move_everything(world: World, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask, list, preload and save small and large files."""
    monkeypatch.setattr(object_put, "PART_BYTES", 1 << 20)
    store.put("small", os.urandom(SMALL))
    store.put("large", os.urandom(LARGE))

    assert world.engine.stat("/data/small").state is EntryState.REMOTE
    assert {moved.outcome for moved in world.preload().values()} == {Outcome.DONE}
    for name in ("small", "large"):
        assert world.read_cache(f"/data/{name}") == store.objects[name][0]
    contents = {"/data/new": os.urandom(SMALL), "/data/large new": os.urandom(LARGE)}
    for path, content in contents.items():
        world.put_cache(path, content)
    assert {moved.outcome for moved in world.save().values()} <= {Outcome.DONE, Outcome.SKIPPED}
    for path, content in contents.items():
        assert store.objects[path.removeprefix("/data/")][0] == content


def test_a_socks_proxy_of_the_mount(
    store: Store, socks: Socks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, ("s3://b", behind(store, proxy_url=socks.url)), 1 << 30)
    move_everything(world, store, monkeypatch)
    assert (HOST, store.port) in socks.asked  # nobody else knows the host


@pytest.mark.parametrize("name", ["ALL_PROXY", "http_proxy", "HTTP_PROXY"])
def test_a_proxy_of_the_environment(
    store: Store, socks: Socks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, socks.url)
    world = World(tmp_path, ("s3://b", behind(store)), 1 << 30)
    move_everything(world, store, monkeypatch)
    assert (HOST, store.port) in socks.asked  # nobody else knows the host


def test_a_host_that_needs_no_proxy(
    store: Store, socks: Socks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", socks.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    world = World(tmp_path, ("s3://b", store.options), 1 << 30)
    move_everything(world, store, monkeypatch)
    assert store.port not in {port for _, port in socks.asked}


def test_a_store_that_only_obstore_opens_refuses_socks(tmp_path: Path) -> None:
    mounts = {"/data": {"url": "gs://b", "options": {"proxy_url": "socks5h://127.0.0.1:1080"}}}
    with pytest.raises(ValueError, match="scheme socks5h; write one of http, https"):
        LocalEngine.from_settings({"mounts": mounts, "tiers": []})
