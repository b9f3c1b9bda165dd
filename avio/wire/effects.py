"""Which options a job has no use for, and what the others ask of the engine. Runs in web. Standard library only."""

from avio.wire.options import Ability, camel
from avio.wire.params import CHECKSUM, OPTIONS, PLANNED, Params
from avio.wire.states import JobType


def without_effect(params: Params, verb: JobType) -> dict[str, str]:
    """Return JSON name and message of each member that a job of this type does not use, but for `depth`.

    A plan uses those of the job that it is made for. Clients send `depth` with every type: a stat of all levels is
    what they mean.
    """
    planned = PLANNED.get(params.plan_of or "") if verb is JobType.PLAN else None
    what = f"plan of a {params.plan_of}" if planned is not None else f"{verb.name.lower()} job"
    unused = [camel(name) for name in params.asked() if OPTIONS[name].verbs.isdisjoint({verb, planned})]
    return {name: f"has no effect on a {what}; remove it" for name in unused if name != "depth"}


def abilities(params: Params, verb: JobType = JobType.PRELOAD) -> list[Ability]:
    """Return the abilities that the engine needs for a job of this type."""
    if verb is JobType.CHECK:
        stores = [Ability.STORE_REPORT] if params.report_to is not None else []
        return [Ability.COMPARE_BYTES, *stores] if params.verify == CHECKSUM else stores
    rules = {name: OPTIONS[name] for name in params.asked()}
    return [ability for name, rule in rules.items() for ability in rule.needs(getattr(params, name))]
