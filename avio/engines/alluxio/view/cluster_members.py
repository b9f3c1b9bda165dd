"""The daemons of the cluster as members of the engine: each is named, with the cure of its own fault.

Used in web and admin.
"""

from collections.abc import Sequence
from functools import partial

from avio.engines.alluxio.clients.cluster import Clients, no_master_named
from avio.engines.alluxio.clients.master import Master
from avio.engines.alluxio.clients.proxy import Proxy
from avio.engines.alluxio.clients.web_info import WebInfo
from avio.engines.alluxio.view.roster import Roster
from avio.engines.members import Member
from avio.errors import EngineAway, EngineError

WEB_CURE = "check web in [alluxio], and that the web port of the masters is open"


def cluster_members(clients: Clients, roster: Roster) -> Sequence[Member]:
    """Return the members of a cluster. Without `masters` in the settings the proxy is vital."""
    found = []
    if clients.master is not None:
        found.append(Member("Alluxio's master", partial(_ask_master, clients.master), vital=True))
    if clients.proxy is not None:
        proxy = partial(_ask_proxy, clients.proxy, through=clients.master is None)
        found.append(Member("Alluxio's proxy", proxy, vital=clients.master is None))
    if not found:
        found.append(Member("Alluxio", _nothing_named, vital=True))
    return [
        *found,
        Member("the web port of Alluxio's master", partial(_ask_web, clients.info)),
        Member("Alluxio's workers", partial(_ask_workers, clients.info, roster)),
        Member("Alluxio's job service", partial(_ask_jobs, clients)),
    ]


def _ask_master(master: Master) -> None:
    master.patient(0).status("/")


def _ask_proxy(proxy: Proxy, *, through: bool) -> None:
    """Raise an error if the proxy or, with `through`, the master behind it does not answer."""
    proxy.check()
    if through:
        proxy.status("/")


def _nothing_named() -> None:
    raise no_master_named()


def _ask_web(info: WebInfo) -> None:
    try:
        info.cluster(patience=0)
    except EngineError as error:
        raise EngineAway(error.message, cure=WEB_CURE) from None


def _ask_workers(info: WebInfo, roster: Roster) -> None:
    """Raise an error if there is none. Without the web port they are unknown, which is no fault of theirs."""
    try:
        known = info.cluster(patience=0).workers
    except EngineError:
        return
    if not known:
        raise EngineAway("the master knows no worker", cure="start Alluxio's workers")
    if not roster.live():
        raise EngineAway(f"none of the {len(known)} workers of the master is alive", cure="start Alluxio's workers")


def _ask_jobs(clients: Clients) -> None:
    if not clients.jobs.worker_hosts(patience=0):
        raise EngineAway("no job worker runs: Alluxio persists nothing", cure="start Alluxio's job workers")
