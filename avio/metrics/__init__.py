"""The metrics of avio: what each is, and how a process shows its own. Used by web, intake and aggregator.

Opens no port and starts no thread until it is told to: keeper and job processes have no metrics.
"""

#   exporter                          a port for /metrics: one request at a time
#   families                          samples as what prometheus_client writes
#   observed                          histograms of a process; workers of one web share them
#   declared                          every metric, once; buckets
