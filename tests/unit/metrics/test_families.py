"""Samples as metric families."""

from avio.metrics.declared import METRICS, WAITED, Kind
from avio.metrics.families import histogram


def test_buckets_of_a_version_before_count_in_those_of_today() -> None:
    parts = [(("preload",), "42.0", 2.0), (("preload",), "sum", 60.0), (("preload",), "1e+99", 1.0)]
    values = {each.labels.get("le", each.name): each.value for each in histogram(WAITED, parts).samples}

    assert values["15.0"] == 0
    assert values["60.0"] == 2
    assert values["+Inf"] == values["avio_job_wait_seconds_count"] == 3
    assert values["avio_job_wait_seconds_sum"] == 60


def test_each_bucket_has_the_values_up_to_its_bound() -> None:
    for metric in METRICS:
        if metric.kind is Kind.HISTOGRAM:
            assert [metric.bucket_of(float(part)) for part in metric.parts()] == metric.parts()
            assert metric.bucket_of(-1) == metric.parts()[0]
