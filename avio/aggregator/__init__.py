"""The aggregator: stream to database, sweep, reap.

A process of its own, `python -m avio.aggregator`; several may run.
"""
