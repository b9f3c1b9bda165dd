"""Why a supervisor has to be started again: its keeper or the tables are of another version than this intake.

Runs in intake, before it has an epoch or a job. keeper then kills the jobs, which go back onto the queue, and ends.
"""

import avio
from avio.db.schema import require_current
from avio.errors import Unavailable

AGAIN = "start it again: the jobs that it has go back onto the queue"


def other_keeper(version: str) -> str | None:
    """Return why this intake can't work for a keeper of `version`, or None. A version may be unknown: ""."""
    if version == avio.__version__:
        return None
    keeper = f"avio {version}" if version else "another version of avio"
    return f"it runs {keeper}, and avio {avio.__version__} was installed since it started; {AGAIN}"


def other_tables() -> str | None:
    """Return why this avio can't start with the tables of the database, or None."""
    try:
        require_current()
    except Unavailable as error:
        return f"{error.message}; {error.cure}"
    return None
