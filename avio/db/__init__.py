"""The database: connection, models, and every query as one named function.

Used by web, intake, aggregator and admin; never by the job process or keeper.
"""

# A line imports only from the lines below it. Behind the names: which process calls them.
#
#   schema, upgrades             admin: makes, checks and upgrades the tables; web and intake check
#   space                        admin: bytes of the tables, vacuum
#   orders, hints                web: submit and cancel; hints also by the aggregator's sweep
#   groups, aggregators          admin: weights and limits of users; aggregator: its heartbeat
#   schedules                    web: what users do with them; aggregator: from tick to tick
#   keeps, cache_maps            web writes what stays cached, intake reads; intake writes what fills tiers, web reads
#   limits                       web: changes limits of a job; intake: how many jobs share a bandwidth
#   history, users, tokens       web and admin: jobs for people, logins
#   webhooks, deliveries         web and aggregator: where ends are told; the ends that are told
#   filelists, plans             web writes, intake reads; web: what is known beside a plan
#   retention, counting, totals  aggregator: deletes old jobs; counts jobs into the totals of metrics
#   claims, artifacts            intake: takes jobs, stores log, report, result; web reads artifacts
#   ends                         intake and the aggregator's reaper
#   folds, dead_nodes            aggregator: events into rows, jobs of dead nodes
#   event_keys, waiting, figures  web: who may have sent an event (aggregator too), what a queued job waits for; metrics
#   kept_slots                   intake and web: slots on several mounts that are kept for a job
#   turns                        intake and web: whose turn it is, limits of running jobs
#   fair_order                   the rule of turns, without a database
#   predecessors, earlier        web adds what a job waits for, aggregator removes it; intake: preloads that go first
#   timings                      intake: how long jobs took; admin reads
#   rooms                        intake: the room of tiers, and what jobs wait for; web says so
#   failures, uses, tiers        failed files of a job; jobs that use a path; ids of the tiers
#   leases, running              intake renews; reaper, web and admin read; the jobs that nodes have
#   sql                          one text for both dialects
#   connection                   opens a URL, pools
#   away                         tells an unavailable database from one that refuses a statement
#   tables, order_models, tier_models, metric_models  all models; rows about orders, tiers, and metrics
#   counters, models             the columns of counters; the rows
