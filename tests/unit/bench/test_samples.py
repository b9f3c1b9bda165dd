"""Reads what py-spy writes: which stacks are of job processes and movers, and which code is ours."""

import pytest

from bench.data.samples import jobs_only
from bench.stack import ROOT

KEEPER = 'process 7:"python -m supervisor"'
OURS = f"run (<frozen x>:1);Transfer._move ({ROOT}/avio/executor/transfer.py:42);f ({ROOT}/.venv/lib/redis/x.py:1)"


@pytest.mark.parametrize(
    ("processes", "count"),
    [
        ([KEEPER], 0),
        ([KEEPER, 'process 8:"python -m supervisor.intake 5 3"'], 0),
        ([KEEPER, 'process 9:"python -m supervisor"'], 3),
        ([KEEPER, 'process 9:"avio job 01.1"', 'process 10:"avio movers of 01"', 'process 11:"avio mover 0 of 01"'], 3),
    ],
)
def test_only_stacks_below_a_job_process_count(processes: list[str], count: int) -> None:
    counts = jobs_only([";".join([*processes, OURS]) + " 3"])

    assert counts.total() == count
    assert set(counts) <= {(("avio/executor/transfer.py", "Transfer._move"),)}
