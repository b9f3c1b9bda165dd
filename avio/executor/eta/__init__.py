"""When a job will end: a model of its cost, fitted while it runs. Runs in the job process. Pure: callers tell the time.

Standard library only.
"""

# A line imports only from the lines below it.
#
#   estimator                                the time that is left, from how far the work is
#   verify_cost, window                      what the verification takes; the samples of the transfer
#   priors                                   what earlier jobs tell
#   cost_model, forecast_log                 seconds per file and per byte; what was told, and what came true
