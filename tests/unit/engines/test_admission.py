"""Whether files fit, with and without old files that give way."""

import pytest

from avio.engines.admission import Admission, GivingWay
from avio.errors import CacheFull
from avio.wire.params import Params


def test_what_is_in_place_takes_no_room_where_no_file_gives_way() -> None:
    admission = Admission(100)

    admission.add(0, {"MEM": 80})
    admission.add(100)

    assert admission.others() == 0
    with pytest.raises(CacheFull, match="101 B or more are needed; room for it: all tiers 100 B"):
        admission.add(1)


def test_what_is_in_place_counts_where_old_files_give_way() -> None:
    admission = GivingWay(100, 10, Params(), {"MEM": 60, "SSD": 40})

    admission.hold(80)
    admission.add(20)

    assert admission.others() == 10
    with pytest.raises(CacheFull, match="101 B or more are needed; room for it: MEM 60 B, SSD 40 B"):
        admission.add(1)


def test_what_did_not_fit_takes_no_room_from_what_does() -> None:
    admission = GivingWay(100, 100, Params())

    with pytest.raises(CacheFull):
        admission.add(101)
    admission.add(100)

    assert (admission.needed, admission.others()) == (100, 0)
