"""Looks at the isolation ladder: which rungs this machine and these settings allow, and why others fail."""

import os
from collections.abc import Iterator

from avio.config import Settings
from avio.findings import Finding, fault, good, note, warning
from avio.isolation.plan import BASIC, STRICT, Plan
from avio.isolation.probes import Probed, probe
from avio.isolation.user_access import denied_code, denied_directories

_OWN_GROUP = "start the supervisor as root, or in a control group of its own: Delegate=yes in its systemd unit"
_NEWER = "use a kernel that has Landlock: Linux 5.19 for files, 6.7 for ports, 6.12 for signals"

CURES = {
    **dict.fromkeys(("cgroup", "memory", "processes", "cpu"), _OWN_GROUP),
    **dict.fromkeys(("landlock", "landlock-tcp", "landlock-signals"), _NEWER),
    "capabilities": "start the supervisor with the system calls capget and capset allowed",
    "user": "start the supervisor as root, or as that user and without job_user",
}
JOB_USER_CURE = (
    "set job_user to a system user, e.g. useradd --system avio, and give that user the directories of the tiers"
)
OTHER_CURE = "check whether a filter of a container or a service manager forbids it"


def look_at_isolation(settings: Settings) -> Iterator[Finding]:
    """Yield what each rung gives or why it is unavailable, and what the user of the jobs cannot reach."""
    try:
        plan = Plan.of(settings)
    except ValueError as error:
        problem, _, cure = str(error).partition("; ")
        yield fault("job_user", problem.removeprefix("job_user: "), cure)
        return
    if os.geteuid() != 0:
        yield note("rights", "checked without root's rights", "run this as the user that the supervisor runs as")
    for found in probe(plan):
        yield _of_rung(found, plan)
    if plan.user is not None:
        tiers = [tier.path for tier in settings.tiers]
        for denied in (*denied_code(plan.user), *denied_directories(plan.user, [settings.spool], tiers)):
            yield fault("job_user", str(denied), denied.cure)


def _of_rung(found: Probed, plan: Plan) -> Finding:
    rung = found.rung
    if rung.name == "user" and not found.asked and os.geteuid() == 0:
        return warning(rung.name, "job processes run as root", JOB_USER_CURE)
    if not found.asked:
        setting = "isolation" if plan.mode == BASIC else rung.setting
        return note(rung.name, f"not asked for; it would give: {rung.gives}", f"set {setting}, if that is wanted")
    if found.why is None:
        return good(rung.name, rung.gives)
    missing = fault if plan.mode == STRICT else warning
    return missing(rung.name, f"unavailable: {found.why}", CURES.get(rung.name, OTHER_CURE))
