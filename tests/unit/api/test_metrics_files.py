"""Each worker of web has a file in memory for its metrics; that of a dead worker goes to the next one."""

import os

from avio.api.metrics_files import MetricsFiles


def test_a_thousand_workers_one_after_the_other_use_one_file() -> None:
    files = MetricsFiles(3)
    seen = set()
    for _ in range(1000):
        place = files.take()
        seen.add(place)
        files.give_back(place)
    close(files)

    assert seen == {0}


def test_workers_beyond_the_files_have_none_and_take_none_from_others() -> None:
    files = MetricsFiles(2)
    assert [files.take() for _ in range(3)] == [0, 1, None]
    files.give_back(None)
    assert files.take() is None
    files.give_back(1)
    assert files.take() == 1
    close(files)


def close(files: MetricsFiles) -> None:
    for descriptor in files.descriptors:
        os.close(descriptor)
