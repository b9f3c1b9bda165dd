"""What each process of avio may do in Redis: key patterns and commands, by role. Redis 6.2 knows all of them.

Used by `avio-server redis-acl`. What is missing here shows in the server's ACL LOG, which tests hold empty.
"""

from dataclasses import dataclass
from hashlib import sha256

from avio import queue
from avio.streams import EVENTS_KEY, LOGINS_PREFIX

_CONNECT = "ping hello auth"

# What putting a hint onto the queue takes, by web and by the sweep of the aggregator.
_PUSH_KEYS = (f"{queue.PREFIX}queues", f"{queue.PREFIX}queue:{queue.NAME}", f"{queue.PREFIX}job:*")
_PUSH = "info exists multi exec discard sadd hset expire rpush"


@dataclass(frozen=True, slots=True)
class Role:
    """A user of Redis; `commands` are separated by blanks, a sub-command is written `command|sub-command`."""

    name: str
    keys: tuple[str, ...]
    commands: str

    def rule(self, password: str) -> str:
        """Return its line of an ACL file; the password is in it as a hash alone."""
        digest = sha256(password.encode()).hexdigest()
        keys = " ".join(f"~{pattern}" for pattern in self.keys)
        commands = " ".join(f"+{command}" for command in f"{_CONNECT} {self.commands}".split())
        return f"user {self.name} reset on #{digest} {keys} -@all {commands}"


# Failed logins are counted by scripts of the library limits.
_COUNT = "evalsha script|load get set incrby ttl del"

WEB = Role("web", (EVENTS_KEY, f"{LOGINS_PREFIX}*", *_PUSH_KEYS), f"{_PUSH} {_COUNT} xadd xread xrevrange")

# RQ's worker: its own registration, the queue and what is on its way out of it, registries, results, maintenance.
SUPERVISOR = Role(
    "supervisor",
    (EVENTS_KEY, f"{queue.PREFIX}*"),
    "info client|setname client|info multi exec discard watch unwatch exists expire persist del get set"
    " hset hget hmget hgetall hstrlen hexists hincrby hincrbyfloat sadd srem smembers scard"
    " zadd zrem zrange zrangebyscore zremrangebyscore zscore zcard lrange lrem lmove blmove rpush xadd",
)

# A job process reads what strangers wrote: it may say how far it is, and nothing else.
EXECUTOR = Role("executor", (EVENTS_KEY,), "xadd")

AGGREGATOR = Role(
    "aggregator",
    (EVENTS_KEY, *_PUSH_KEYS),
    f"{_PUSH} llen xadd xlen xreadgroup xack xautoclaim xpending xtrim"
    " xgroup|create xgroup|delconsumer xinfo|groups xinfo|consumers",
)

ROLES = (WEB, SUPERVISOR, EXECUTOR, AGGREGATOR)

# Nobody comes in without a name.
NO_DEFAULT = "user default reset off"


def acl_file(passwords: dict[str, str]) -> str:
    """Return the text of the ACL file for `passwords` by role."""
    return "".join(f"{line}\n" for line in [NO_DEFAULT, *(role.rule(passwords[role.name]) for role in ROLES)])
