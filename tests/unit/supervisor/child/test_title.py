"""The title of a job process: job, verb and path, and nothing else that was asked."""

import pytest

from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.states import JobType
from supervisor.child.title import title_of

JOB = "01J9ZQ6M3T8V5W2X4Y7A0BCDEF"


@pytest.mark.parametrize(
    ("type_", "params", "title"),
    [
        (JobType.PRELOAD, Params("/data/train", tier="MEM"), f"avio job {JOB} preload /data/train"),
        (JobType.SAVE, Params("/data/ä b"), f"avio job {JOB} save /data/ä b"),
        (JobType.LS, Params(), f"avio job {JOB} ls /"),
        (JobType.LS, Params(paths=("/a", "/b", "/c")), f"avio job {JOB} ls /a and 2 more"),
        (JobType.SAVE, Params(paths=("/a",)), f"avio job {JOB} save /a"),
        (JobType.LS, Params(from_file_list=True, file_list_path="/l"), f"avio job {JOB} ls file list /l"),
        (JobType.STAT, Params("/x", from_file_list=True, file_list_id="F"), f"avio job {JOB} stat file list"),
    ],
)
def test_a_title_names_job_verb_and_path_alone(type_: JobType, params: Params, title: str) -> None:
    order = Order(JOB, 3, type_, params, {"secret": "word"}, "redis://u:word@h", "/spool/names")

    assert title_of(order) == title
