"""Which ends a job may have: on the quiet mount success alone, elsewhere an error that names the store or the tier.

Pure: it reads orders, rows and the times without a disk.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chaos.crowd import CROWD
from chaos.node import POISON
from chaos.orders import Ordered
from chaos.store_orders import HOSTILE

TIER_NOT_MOUNTED = "TIER_NOT_MOUNTED"

# What a job may say of a store that refuses, lies, is silent, or changes meanwhile.
OF_THE_STORE = frozenset(
    {"ENGINE_AWAY", "BAD_REPLY", "CORRUPT", "GONE", "SOURCE_CHANGED", "STORE_ERROR", "NOT_THERE", "TOO_MANY_FAILURES"}
    | {"SAVE_CONFLICT", "BOTH_CHANGED", "PATH_NOT_FOUND", "NOTHING_MATCHED"}
)


def wrong_ends(
    orders: Iterable[Ordered], rows: Mapping[str, Sequence[Any]], absences: Sequence[tuple[float, float]]
) -> list[str]:
    """Return the jobs with an end that they must not have. `rows` have state, crashes, reason, end, message of each."""
    wrong = []
    for order in orders:
        state, crashes, reason, finished, message = rows[order.job]
        if order.kind == POISON:
            if (state, reason, crashes) != ("failed", "CRASHED", 3):
                wrong.append(f"poison {order.job} is {state}, {reason}, after {crashes} crashes")
            continue
        if state in ("succeeded", "cancelled"):
            continue
        without_disk = any(order.sent_at < over and began < (finished or over) for began, over in absences)
        if reason == TIER_NOT_MOUNTED and without_disk:
            continue
        if order.mount == CROWD and state in ("partial", "failed") and reason == "CACHE_FULL":
            continue
        if order.mount == HOSTILE and state in ("partial", "failed") and reason in OF_THE_STORE:
            continue
        wrong.append(f"{order.job} ({order.kind}) is {state}, {reason}: {message}")
    return wrong
