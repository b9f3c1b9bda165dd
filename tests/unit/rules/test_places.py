"""Places are bounded by key, refused at once, and given back."""

import threading

import pytest

from avio.engines.memory import MemoryEngine
from avio.errors import MountBusy
from avio.rules.places import MountPlaces, Places


class TwoMounts(MemoryEngine):
    """An engine with two stores."""

    def store_of(self, path: str) -> str:
        return "mount /" + path.split("/")[1]


def test_a_key_has_its_places_and_no_more() -> None:
    places = Places(2)
    assert [places.take("a") for _ in range(3)] == [True, True, False]
    assert places.take("b")
    places.give_back("a")
    assert places.take("a")


def test_a_mount_without_a_place_is_refused_at_once_and_others_are_not() -> None:
    mounts = MountPlaces(TwoMounts(), 1)
    with mounts.use("/hang/x"):
        with pytest.raises(MountBusy, match="mount /hang") as refused, mounts.use("/hang/y"):
            pass
        assert refused.value.retry_after
        with mounts.use("/data/x"):
            pass
    with mounts.use("/hang/x"):
        pass


def test_a_place_is_given_back_after_an_error() -> None:
    mounts = MountPlaces(TwoMounts(), 1)
    for _ in range(3):
        with pytest.raises(OSError, match="broken"), mounts.use("/data"):
            raise OSError("broken")


def test_parallel_takers_get_no_more_than_there_is() -> None:
    places, taken = Places(5), []
    threads = [threading.Thread(target=lambda: taken.append(places.take("a"))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken.count(True) == 5
