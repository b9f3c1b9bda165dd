"""A save or a free looks at the bucket near the cached files alone, and finds each as a whole listing would."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avio.engines.base import Side
from avio.engines.local.cached_view import cached_items
from avio.engines.local.merge import Cached
from avio.engines.local.stamps import UNMARKED
from avio.engines.local.tiers import Copy
from tests.contract.engines.listings import engine_of
from tests.servers.hostile_s3 import HostileS3

OBJECTS = 5000


@pytest.mark.parametrize("wanted", [0, 2500, 4999])
def test_one_cached_file_costs_one_page_of_the_listing(hostile: HostileS3, tmp_path: Path, wanted: int) -> None:
    hostile.objects = {b"d/%02d/f%04d" % (number % 7, number): b"1" for number in range(OBJECTS)}
    hostile.page = 100
    engine = engine_of(hostile, tmp_path)
    path = f"/s3/d/{wanted % 7:02d}/f{wanted:04d}"
    for file in (path, "/s3/d/new"):
        (tmp_path / f"mem{file}").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"mem{file}").write_bytes(b"2")
    hostile.lists = 0

    found = [entry.path for entry in engine.walk("/s3/d", depth=None, side=Side.CACHE)]

    assert found == [path, "/s3/d/new"]
    assert hostile.lists < 10


NAMES = st.text(alphabet="abc~!/é0", min_size=1, max_size=5).filter(
    lambda name: all(part not in ("", ".", "..") for part in name.split("/"))
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    ours=st.sets(NAMES, max_size=30),
    theirs=st.sets(NAMES, max_size=10),
    page=st.integers(1, 4),
    separator=st.sampled_from(["/", "\0"]),
)
def test_each_cached_file_has_the_object_of_its_key(
    ours: set[str], theirs: set[str], page: int, separator: str
) -> None:
    def place(key: str) -> str:
        return key.replace("/", separator)

    def open_runs(after: str) -> Iterator[list[tuple[str, int, int, None]]]:
        keys = [key for key in sorted(ours, key=place) if place(key) > place(after)]
        return iter([[(key, 1, 0, None) for key in keys[at : at + page]] for at in range(0, len(keys), page)])

    files = [(key, 1, 0) for key in sorted(theirs, key=place)]
    cached = Cached(iter([files] if files else []), lambda file: [_COPY], str, lambda key: None, None)

    found = [item for run in cached_items("/", separator, open_runs, lambda key: None, "", cached) for item in run]

    assert [item.path for item in found] == [f"/{key}" for key, _, _ in files]
    assert {item.path[1:] for item in found if item.source is not None} == ours & theirs


class _Tier:
    """A tier whose copies have no marks."""

    def marks_of(self, path: str, name: str) -> object:
        return UNMARKED


_COPY = Copy(_Tier(), 1, 0)  # type: ignore[arg-type]
