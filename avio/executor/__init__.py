"""The work of one job, inside its own process: list, move, verify, report.

No fork, no signals, no database. Progress goes onto the stream, results go into files.
"""

# A line imports only from the lines below it. All of it runs in the job process; `run` is called by supervisor.child.
#
#   run                                      one attempt, from its order to its result file
#   pipeline, free                           a preload or save; a free
#   browse, lister, transfer, verifier       ls and stat; list the order, move it, check what is in place
#   room                                     which listed files a preload may move, and when
#   feed                                     the entries that an engine moves now, and its pauses
#   left_out                                 what can't be handled: counted and told
#   work, failed_files                       what every part of the work needs; the files that were given up
#   patience                                 waits for a store that is unavailable
#   reporter, selection                      progress, report and log; which files an order means
#   verb, worklist, verdict                  preload or save; entries spooled to a file; what the end means
#   seen                                     the paths that were met before, on disk
#   attempt                                  counters, and whether it must leave
