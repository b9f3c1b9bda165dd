"""When a job will end: a model of its cost, fitted while it runs. Runs in the job process. Pure: callers tell the time.

A line imports only from the lines below it.
"""

#   estimator      the remaining time of a job, from its samples
#   transfer_cost, verify_cost  what is left to move, what is left to verify
#   window         the samples of a transfer, as chunks
#   cost_model     seconds per file and per byte, with their uncertainty
