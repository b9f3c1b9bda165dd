"""What a plan tells at the moment when it is read: the time of its job, and the jobs that move the same files.

Used by web. Asks the database alone.
"""

import json
from dataclasses import dataclass

from avio.db import plans
from avio.db.connection import borrow
from avio.db.models import Job
from avio.rules import prior
from avio.wire.params import PLANNED, Params
from avio.wire.plans import Plan

BESIDE = 10  # jobs that are named


@dataclass(frozen=True, slots=True)
class Outlook:
    """A plan and what is known beside it. `seconds` is None without earlier jobs; `more` jobs than `beside` exist."""

    plan: Plan
    seconds: float | None
    beside: list[plans.Beside]
    more: bool


def outlook(job: Job) -> Outlook | None:
    """Return the plan of a job that has made one, with its outlook.

    Return None for other jobs, and for a plan of a newer version, which has members that this one does not know.
    """
    if job.plan is None:
        return None
    try:
        plan, params = Plan.from_json(json.loads(job.plan)), Params.from_json(json.loads(job.params))
    except (KeyError, TypeError):
        return None
    with borrow():
        beside = plans.beside(params.roots, BESIDE + 1)
        seconds = None
        if plan.files_to_move:
            seconds = prior.expected_seconds(PLANNED[params.plan_of or ""], plan.files_to_move, plan.bytes_to_move)
    if seconds is not None and params.bandwidth is not None:
        seconds = max(seconds, plan.bytes_to_move / params.bandwidth)
    return Outlook(plan, seconds, beside[:BESIDE], len(beside) > BESIDE)
