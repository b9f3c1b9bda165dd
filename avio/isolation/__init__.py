"""What sets a job process apart and holds it in: a ladder of rungs, each used where the machine has it.

Climbed by the job process right after its fork; probed by `avio-server doctor`. Knows neither stores nor engines.
"""
