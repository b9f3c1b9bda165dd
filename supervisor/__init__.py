"""The supervisor of a worker node: keeper forks and watches job processes, intake uses queue and database.

Started from the repo root: `python -m supervisor`. A client of avio; nothing in avio imports it.
"""

# A line imports only from the lines below it; keeper and intake don't know each other, nor intake what is forked
# (contracts supervisor-rooms and intake-forks-nothing). Only intake may import avio.db and avio.queue (no-database).
#
#   __main__         starts intake as a process of its own, and becomes keeper
#   keeper, intake   keeper: forks, watches, kills; no database, no Redis. intake: takes ids, claims, renews, ends
#   child            all that runs in a job process between the fork and avio.executor
#   shared           what two of them have in common: messages, the spool, the deadline, exit codes
#
#   keeper --fork--> child --> avio.executor        keeper <--socketpair: shared.messages--> intake
