"""The columns of `avio jobs`: those that fit the terminal, or all of them for programs."""

import shutil
from collections.abc import Mapping

from avio.client.shapes import JobInfo
from avio.commands import progress_text
from avio.terminal.cells import NOTHING, moment, printable, raw, raw_moment
from avio.terminal.tables import Column, is_terminal

# Terminals of so many columns have room for more than how each job stands and at which path.
WIDE, WIDEST = 110, 160

ID = Column("ID", lambda job: job["id"], lambda job: job["id"])
TYPE = Column("TYPE", progress_text.kind, progress_text.kind, width=7)
NAME = Column("NAME", lambda job: printable(job["name"] or NOTHING), lambda job: raw(job["name"]))
STATUS = Column("STATUS", lambda job: job["status"], lambda job: job["status"], width=9)
DONE = Column("DONE", progress_text.files_of, lambda job: raw(job["progress"]["done"]["files"]), right=True)
PROGRESS = Column("PROGRESS", progress_text.percent_of, lambda job: raw(job["progress"]["percent"]), right=True)
CREATED = Column("CREATED", lambda job: moment(job["createTime"]), lambda job: raw_moment(job["createTime"]))
AGE = Column("AGE", progress_text.age, progress_text.age, width=3, right=True)
SPEED = Column("SPEED", progress_text.speed, lambda job: raw(job["progress"]["speedBps"]), width=9, right=True)
WAITS = Column(
    "WAITS", lambda job: progress_text.waiting_of(job) or NOTHING, lambda job: raw(progress_text.waiting_of(job))
)
LEFT = Column("LEFT", progress_text.left_of, lambda job: raw_moment((job.get("eta") or {}).get("p50")), right=True)
PATH = Column("PATH", progress_text.subject, progress_text.subject)


def columns(users: Mapping[str, str]) -> list[Column]:
    """Return the columns. `users` has the names by uid that the server tells admins; for others it is empty."""
    user = _user(users)
    if not is_terminal():
        return [ID, TYPE, NAME, STATUS, DONE, PROGRESS, CREATED, PATH, user, SPEED, WAITS, LEFT]
    width = shutil.get_terminal_size().columns
    return [
        *(ID, TYPE, STATUS),
        *([DONE] if width >= WIDE else []),
        PROGRESS,
        *([SPEED, LEFT, WAITS] if width >= WIDE else []),
        AGE,
        *([CREATED, NAME] if width >= WIDEST else []),
        *([user] if users else []),
        PATH,
    ]


def _user(users: Mapping[str, str]) -> Column:
    def name(job: JobInfo) -> str:
        return printable(users.get(str(job["uid"]), job["uid"]))

    return Column("USER", name, name)
