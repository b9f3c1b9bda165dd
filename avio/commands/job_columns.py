"""The columns of `avio jobs`: all of them for programs, in another order for people."""

from collections.abc import Mapping

from avio.client.shapes import JobInfo
from avio.commands import progress_text
from avio.terminal.cells import NOTHING, moment, printable, raw, raw_moment, short_moment
from avio.terminal.tables import Column, is_terminal

ID = Column("ID", lambda job: job["id"], lambda job: job["id"])
STATUS = Column("STATUS", lambda job: job["status"], lambda job: job["status"], width=9, rank=1)
PROGRESS = Column("PROGRESS", progress_text.percent_of, lambda job: raw(job["progress"]["percent"]), right=True, rank=2)
TYPE = Column("TYPE", progress_text.kind, progress_text.kind, width=7, rank=3)
USER_RANK = 4
AGE = Column("AGE", progress_text.age, progress_text.age, width=3, right=True, rank=5)
PATH = Column("PATH", progress_text.subject, progress_text.subject, rank=6, keeps="ends")
LEFT = Column(
    "LEFT", progress_text.left_of, lambda job: raw_moment((job.get("eta") or {}).get("p50")), right=True, rank=7
)
SPEED = Column("SPEED", progress_text.speed, lambda job: raw(job["progress"]["speedBps"]), width=9, right=True, rank=8)
WAITS = Column(
    "WAITS",
    lambda job: progress_text.waiting_of(job) or NOTHING,
    lambda job: raw(progress_text.waiting_of(job)),
    rank=9,
)
DONE = Column("DONE", progress_text.files_of, lambda job: raw(job["progress"]["done"]["files"]), right=True, rank=10)
NAME = Column("NAME", lambda job: printable(job["name"] or NOTHING), lambda job: raw(job["name"]), rank=11)
CREATED = Column(
    "CREATED",
    lambda job: moment(job["createTime"]),
    lambda job: raw_moment(job["createTime"]),
    rank=12,
    short=lambda job: short_moment(job["createTime"]),
)


def columns(users: Mapping[str, str]) -> list[Column]:
    """Return the columns. `users` has the names by uid that the server tells admins; for others it is empty."""
    user = _user(users)
    if not is_terminal():
        return [ID, TYPE, NAME, STATUS, DONE, PROGRESS, CREATED, PATH, user, SPEED, WAITS, LEFT]
    seen = [user] if users else []
    return [ID, TYPE, STATUS, DONE, PROGRESS, SPEED, LEFT, WAITS, AGE, CREATED, NAME, *seen, PATH]


def _user(users: Mapping[str, str]) -> Column:
    def name(job: JobInfo) -> str:
        return printable(users.get(str(job["uid"]), job["uid"]))

    return Column("USER", name, name, rank=USER_RANK)
