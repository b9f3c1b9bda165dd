"""How jobs divide what they have together: the server's bandwidth, and that of each mount that they may use."""

import pytest

from avio.config import Settings
from avio.wire.limits import Limits
from supervisor.intake.shares import Shares

SHARES = Shares(1000, {"/a": 300, "/a/b": None, "/c": 600})
CROWD = [("/a", 2), ("/a/b/x", 1), ("/c/x", 1), (None, 1)]  # five jobs


@pytest.mark.parametrize(
    ("path", "share"),
    [
        ("/a/x", 100),  # of /a: its two jobs, and the file list
        ("/a", 100),
        ("/a/b/x", 200),  # of the server: its mount has no limit, and the one above is not used
        ("/c", 200),
        ("/", 100),
        ("/nowhere", 200),
        (None, 100),
    ],
)
def test_a_job_has_the_least_of_its_shares(path: str | None, share: int) -> None:
    assert SHARES.within(Limits(), path, CROWD) == Limits(share)


def test_its_own_limit_counts_too_and_its_concurrency_stays() -> None:
    assert SHARES.within(Limits(50, 3), "/c", CROWD) == Limits(50, 3)
    assert SHARES.within(Limits(10**9, 3), "/c", CROWD) == Limits(200, 3)


def test_a_share_is_never_nothing() -> None:
    assert Shares(10).within(Limits(), "/a", [("/a", 1000)]) == Limits(1)
    assert Shares(10).within(Limits(), "/a", []) == Limits(10)


def test_without_bandwidths_there_is_nothing_to_share() -> None:
    none = Shares(None, {"/a": None})

    assert not none
    assert none.within(Limits(7, 8), "/a", CROWD) == Limits(7, 8)


def test_the_settings_name_them() -> None:
    settings = Settings(
        bandwidth="1MiB",  # type: ignore[arg-type]
        mounts={"/a": {"url": "file:///x", "bandwidth": "200KB"}, "/b": {"url": "file:///y"}},  # type: ignore[dict-item]
    )

    assert Shares.of(settings) == Shares(1 << 20, {"/a": 200_000, "/b": None})


def test_the_mounts_of_alluxio_have_bandwidths_too() -> None:
    table = {"masters": ["m1"], "mount_bandwidths": {"/s3": "200KB"}}
    shares = Shares.of(Settings(engine="alluxio", alluxio=table))  # type: ignore[arg-type]

    assert shares.within(Limits(), "/s3/a", [("/s3/a", 1), ("/s3/b", 1), ("/other", 3)]) == Limits(100_000)
    assert shares.within(Limits(), "/other", [("/s3/a", 1), ("/other", 3)]) == Limits()
    assert shares.within(Limits(), "/", [("/s3/a", 1), ("/", 1)]) == Limits(100_000)


@pytest.mark.parametrize("rate", ["0", "1000", "10TB", "fast"])
def test_a_bandwidth_that_no_job_could_obey_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="bandwidth"):
        Settings(bandwidth=rate)  # type: ignore[arg-type]
