"""The work of one job, inside its own process: list, move, verify, report.

No fork, no signals, no database. Progress goes onto the stream, results go into files.
"""

# A line imports only from the lines below it. All of it runs in the job process; `run` is called by supervisor.child.
#
#   run                                      one attempt, from its order to its result file
#   pipeline, free, check, plan              a preload or save; a free; a check; what a job would do
#   report_object                            the report in a bucket
#   browse, lister, transfer, verifier       ls and stat; list the order, move it, check what is in place
#   list_object                              the file list that is an object of a bucket
#   room, listing, nothing                   what a preload may move; which files an order lists; why there are none
#   room_wait, used_paths                    waits for room, and leaves the slot; what may not be dropped meanwhile
#   aside                                    entries that wait for earlier jobs
#   feed, listing_journal                    entries that an engine moves now, and its pauses; what was listed, on disk
#   left_out, limits                         what can't be handled, and what the order does not take: counted and told
#   kept, plan_notices                       what a save leaves as it is, and what to know of a plan: counted and told
#   work, failed_files                       what every part of the work needs; the files that were given up
#   patience                                 waits for a store that is unavailable
#   reporter, selection                      progress, report and log; which files an order means
#   timekeeper                               speeds, phases and the time that is left
#   verb, worklist, verdict                  preload or save; entries spooled to a file; what the end means
#   journal_blocks                           lines with a checksum
#   seen, path_lines                         paths met before, on disk; lines with paths
#   silence                                  notices that no byte comes
#   attempt, eta                             counters, and whether it must leave; when the job will end
#   taken_files                              files under way, and those that wait for another job
#   other_files                              what earlier jobs load
#   filters                                  which files rules take
#   in_flight, waits, left_out_counts        bytes under way; what it waits for; files that are left out, by reason
#   phase_clock                              the phases so far
