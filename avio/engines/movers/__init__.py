"""Mover processes: the processes of a job that move and check its files, on all cores of the node.

The job process lists, plans and counts; its movers take batches of files. Nothing here forks: supervisor.child does.
"""

# A line imports only from the lines below it.
#
#   pool, mover              the job process: hands out batches, collects results; a mover: works on them
#   handle                   one mover, as the job process sees it
#   batches, supply, shares  rows in batches; the rows that a mover works on; what each mover has done
#   mover_run, outbox        the attempt as a mover's engine sees it; the results of a mover
#   packets, page            what crosses the sockets; memory that all share: stop, deadline, counters
