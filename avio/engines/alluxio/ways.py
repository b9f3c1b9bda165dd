"""Chooses the carrier of a preload and the saver of a save, by what is reachable from here.

Used in the job process. It logs the choice, so that a job's log explains its speed.
"""

import logging
from functools import partial

from avio.engines.alluxio.clients.cluster import Clients, no_master_named
from avio.engines.alluxio.load.job_service_carrier import JobServiceCarrier
from avio.engines.alluxio.load.load_job_carrier import LoadJobCarrier
from avio.engines.alluxio.load.preload import MakeCarrier
from avio.engines.alluxio.load.worker_carrier import WorkerCarrier
from avio.engines.alluxio.save.job_service_saver import JobServiceSaver
from avio.engines.alluxio.save.master_saver import MasterSaver
from avio.engines.alluxio.save.saver import Saver
from avio.engines.alluxio.view.content_check import ContentCheck
from avio.engines.alluxio.view.holdings import Holdings
from avio.engines.alluxio.view.lookup import Lookup
from avio.engines.alluxio.view.roster import Roster
from avio.engines.alluxio.view.ufs_reader import UfsReader
from avio.engines.run import Run

log = logging.getLogger(__name__)


def choose_carrier(
    clients: Clients, lookup: Lookup, roster: Roster, holdings: Holdings, run: Run, bandwidth: int | None
) -> MakeCarrier:
    """Return the factory of the first usable carrier. `bandwidth` is in bytes per second for each worker."""
    unknown = roster.insist()
    if unknown is not None:
        log.warning("the workers are unknown, since the master's web port does not answer: %s", unknown)
    reachable = roster.probe()
    workers = len(roster.live())
    if clients.master is not None and (reachable or not (workers or unknown)):
        way: MakeCarrier = partial(WorkerCarrier, clients.workers, roster, holdings, run, bandwidth=bandwidth)
        name = WorkerCarrier.name
    elif clients.master is not None:
        way = partial(LoadJobCarrier, clients.master.for_jobs(), lookup.statuses, run, bandwidth=bandwidth)
        name = LoadJobCarrier.name
    else:
        way, name = partial(JobServiceCarrier, clients.jobs, lookup.statuses, run), JobServiceCarrier.name
        if bandwidth is not None:
            log.warning("%s does not support a bandwidth: there is no limit", name)
    log.info("blocks are loaded by %s; %d workers are live", name, workers)
    return way


def choose_saver(
    clients: Clients, lookup: Lookup, ufs_reader: UfsReader, roster: Roster, cluster: str, run: Run
) -> Saver:
    """Return the first usable saver. The master's needs a worker that reads the bucket."""
    saver: Saver
    if clients.master is not None and (clients.proxy is None or roster.probe()):
        saver = MasterSaver(clients.master.for_jobs(), lookup, ufs_reader, clients.jobs, cluster)
    elif clients.proxy is not None:
        saver = JobServiceSaver(
            clients.proxy, clients.jobs, ContentCheck(clients.workers, ufs_reader, roster, run.checked).is_same, cluster
        )
    else:
        raise no_master_named()
    log.info("files are saved by %s", saver.name)
    return saver
