"""The aggregator: stream to database, sweep, reap, retention, webhooks.

It is a process, `python -m avio.aggregator`. Several may run.
"""
