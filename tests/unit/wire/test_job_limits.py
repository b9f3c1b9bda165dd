"""Limits of running jobs: which of several holds, what a node tells, and where settings take the buckets from."""

import pytest

from avio.config import Mount, Settings
from avio.config.alluxio import AlluxioSpec
from avio.wire.job_limits import JobLimits, Owner, Reached, Running, used_mounts

ADA = Owner("ada", "vision")


def test_the_strictest_of_several_limits_holds_and_an_older_node_has_none() -> None:
    one, two = JobLimits(user=3, mount=5, mounts={"/a": "s3://a"}), JobLimits(user=2, bucket=1, mounts={"/b": "s3://b"})

    both = JobLimits.from_json([one.to_json(), two.to_json(), "{}"])

    assert both == JobLimits(2, None, 5, 1, {"/a": "s3://a", "/b": "s3://b"})
    assert JobLimits.from_json(["{}"]) == JobLimits()
    assert JobLimits(user=1, mounts={"/a": "s3://a"}).to_json() == '{"user": 1}'


def test_a_limit_of_the_user_or_group_takes_the_place_of_the_setting() -> None:
    running = Running(JobLimits(user=5, group=5), [("ada", "vision", "/a", 2)])

    assert running.reached(ADA, None) is None
    assert running.reached(Owner("ada", "vision", jobs_max=2), None) == Reached("user", "ada", 2)
    assert running.reached(Owner("bob", "vision", group_max=2), None) == Reached("group", "vision", 2)


def test_a_job_counts_at_each_mount_that_it_may_use() -> None:
    mounts = {"/a": "s3://x", "/a/b": "s3://y", "/c": "s3://x"}

    assert used_mounts("/a/z", mounts) == {"/a"}
    assert used_mounts("/a/b/z", mounts) == {"/a/b"}
    assert used_mounts("/a", mounts) == {"/a", "/a/b"}
    assert used_mounts(None, mounts) == set(mounts)
    by_bucket = Running(JobLimits(bucket=1, mounts=mounts), [("ada", None, "/c/z", 1)])
    assert by_bucket.full_mounts() == ["/a", "/c"]
    assert by_bucket.reached(ADA, "/a/z") == Reached("bucket", "s3://x", 1)


@pytest.mark.parametrize(
    ("url", "options", "bucket"),
    [
        ("s3://one/prefix", {}, "s3://one"),
        ("s3://one/other", {"endpoint": "http://s3:9000"}, "s3://one at http://s3:9000"),
        ("file:///srv/data", {}, "file:///srv/data"),
    ],
)
def test_mounts_of_one_bucket_have_its_name(url: str, options: dict[str, str], bucket: str) -> None:
    settings = Settings(jobs_per_bucket=2, mounts={"/data": Mount(url=url, options=options)})

    assert settings.job_limits() == JobLimits(bucket=2, mounts={"/data": bucket})


def test_alluxio_has_the_mounts_with_a_bandwidth_and_the_rest() -> None:
    spec = AlluxioSpec(masters=["m"], mount_bandwidths={"/s3": "1MB"})

    limits = Settings(engine="alluxio", alluxio=spec, jobs_per_mount=1).job_limits()

    assert limits == JobLimits(mount=1, mounts={"/": None, "/s3": None})
