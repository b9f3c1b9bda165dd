"""The title of a job process, which `ps` and `top` show: its job, its verb, its path. No other params.

Runs in the job process; pure. Every user of the machine can read it.
"""

from avio.wire.orders import Order
from avio.wire.paths import shown_path


def title_of(order: Order) -> str:
    """Return e.g. `avio job 01J9ZQ6M3T8V5W2X4Y7A0BCDEF preload /data/train`."""
    what = "file list" if order.params.from_file_list else shown_path(order.params.path)
    return f"avio job {order.job} {order.type.name.lower()} {what}"
