"""Chooses how blocks get into the cache and files out of it, by what is reachable from here.

Used in the job process. The choice is logged, so that a job tells why it is slow.
"""

import logging
from functools import partial

from avio.engines.alluxio.bucketlook import BucketLook
from avio.engines.alluxio.byjobs import ByJobs
from avio.engines.alluxio.byloadjob import ByLoadJob
from avio.engines.alluxio.bysaving import Saver
from avio.engines.alluxio.byworkers import ByWorkers
from avio.engines.alluxio.clients import Clients
from avio.engines.alluxio.lookup import Lookup
from avio.engines.alluxio.preloading import MakeCarrier
from avio.engines.alluxio.roster import Roster
from avio.engines.alluxio.savebyjobs import SaveByJobs
from avio.engines.alluxio.savebymaster import SaveByMaster
from avio.engines.alluxio.verifying import Verifying
from avio.engines.base import Run
from avio.errors import EngineAway

log = logging.getLogger(__name__)


def choose_carrier(clients: Clients, lookup: Lookup, roster: Roster, run: Run, bandwidth: int | None) -> MakeCarrier:
    """Return what makes the first carrier that can work; `bandwidth` is in bytes a second for each worker."""
    open_doors = roster.probe()
    workers = len(roster.live())
    if clients.master is not None and (open_doors or not workers):
        way: MakeCarrier = partial(ByWorkers, clients.workers, roster, run, bandwidth=bandwidth)
        name = ByWorkers.name
    elif clients.master is not None:
        way = partial(ByLoadJob, clients.master.for_jobs(), lookup.statuses, run, bandwidth=bandwidth)
        name = ByLoadJob.name
    else:
        way, name = partial(ByJobs, clients.jobs, lookup.statuses, run), ByJobs.name
        if bandwidth is not None:
            log.warning("%s knows no bandwidth: the bound does not hold", name)
    log.info("blocks are loaded by %s; %d workers are there", name, workers)
    return way


def choose_saver(clients: Clients, lookup: Lookup, look: BucketLook, roster: Roster, cluster: str) -> Saver:
    """Return the first saver that can work: the master's needs a worker that looks into the bucket for us."""
    saver: Saver
    if clients.master is not None and (clients.proxy is None or roster.probe()):
        saver = SaveByMaster(clients.master.for_jobs(), lookup, look, clients.jobs, cluster)
    elif clients.proxy is not None:
        saver = SaveByJobs(clients.proxy, clients.jobs, Verifying(clients.workers, look, roster).is_same, cluster)
    else:
        raise EngineAway("neither a master nor a proxy is named", cure="name masters or proxy in the table [alluxio]")
    log.info("files are saved by %s", saver.name)
    return saver
