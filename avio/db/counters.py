"""The columns of the jobs row for `Counters`, as SQL for the queries."""

from avio.wire.progress import COUNTERS, Falls


def counter_words(greatest: str) -> dict[str, str]:
    """Return the SQL of the words for counters in `avio.db.sql`; `greatest` is the function of the dialect."""
    return {
        "counters": ", ".join(COUNTERS),
        "counters_zero": ", ".join("0" for _ in COUNTERS),
        "counters_folded": _assignments(greatest, may_fall={Falls.AT_ANY_TIME}),
        "counters_final": _assignments(greatest, may_fall={Falls.AT_ANY_TIME, Falls.AT_THE_END}),
    }


def _assignments(greatest: str, may_fall: set[Falls]) -> str:
    """Return the SET of each counter, from a parameter. A counter that may not fall keeps the greater value."""
    return ", ".join(
        f"{name} = ?" if falls in may_fall else f"{name} = {greatest}({name}, ?)" for name, falls in COUNTERS.items()
    )
