"""Builds keeper from the settings of a worker node, after checking that the node can run jobs that way.

Used by `python -m supervisor` alone. Imports the executor ahead, so that a job needs only a fork.
"""

import logging

from avio.config import Settings
from avio.engines.factory import open_engine
from avio.errors import SettingsError
from avio.isolation.plan import STRICT, Plan
from avio.isolation.probes import probe
from avio.isolation.user_access import denied_code, denied_directories
from avio.log import start_logging
from avio.signs import SignPost
from supervisor.keeper.intake_process import Launched
from supervisor.keeper.keeper import Keeper
from supervisor.keeper.spool_lock import lock_spool
from supervisor.shared.spool import Spool, make_spool


def keeper_of(settings: Settings, intake: Launched) -> Keeper:
    """Return the keeper of this node, with an `intake` that was just started.

    Raises SettingsError or ValueError if the node does not allow what the settings ask for.
    """
    open_engine(settings.engine_settings())
    plan = Plan.of(settings)
    spool = make_spool(settings.spool / settings.node, entered=plan.user is not None)
    _require(plan, spool)
    instance = lock_spool(spool.root)
    start_logging("keeper", settings.log_level)
    logging.getLogger(__name__).info("keeper started", extra={"node": settings.node, "slots": settings.slots})
    patience = settings.stop_grace, settings.kill_wait, settings.stall_after
    return Keeper(spool, instance, plan, *patience, intake, SignPost(settings.signs, "keeper"))


def _require(plan: Plan, spool: Spool) -> None:
    """Raise SettingsError or ValueError if this machine cannot provide the isolation that is asked for."""
    if plan.user is not None:
        denied = [*denied_code(plan.user), *denied_directories(plan.user, [spool.root], [])]
        if denied:
            raise SettingsError([f"job_user: {one}; {one.cure}" for one in denied])
    if plan.mode == STRICT:
        lacking = [f"{found.rung.name} ({found.why})" for found in probe(plan) if found.why is not None]
        if lacking:
            raise ValueError(
                f"isolation: is strict, and this machine lacks {', '.join(lacking)}; see avio-server doctor"
            )
