"""What a job process starts from: the plan of its isolation, and a control group of its own.

Used by keeper, before the fork.
"""

import os

from avio.isolation.calls import Unavailable
from avio.isolation.cgroups import Groups
from avio.isolation.ladder import Ground
from avio.isolation.plan import Plan


def ground_of(plan: Plan, groups: Groups | None, attempt: str) -> Ground:
    """Return the ground of `attempt` (`<job>.<number>`); without a control group it says why."""
    ground = Ground(plan, os.getpid())
    if groups is not None:
        try:
            ground.group = groups.make(attempt)
        except Unavailable as error:
            ground.no_group = str(error)
    return ground
