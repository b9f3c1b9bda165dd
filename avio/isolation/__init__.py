"""Isolation of a job process: a ladder of rungs. avio uses each rung that the machine supports.

Applied by the job process right after its fork; probed by `avio-server doctor`. Imports neither stores nor engines.
"""
