"""The title of a job process, which `ps` and `top` show: its job, its verb, its path. No other params.

Runs in the job process; pure. Every user of the machine can read it.
"""

from avio.wire.orders import Order


def title_of(order: Order) -> str:
    """Return e.g. `avio job 01J9ZQ6M3T8V5W2X4Y7A0BCDEF preload /data/train`."""
    return f"avio job {order.job} {order.type.name.lower()} {order.params.subject}"
