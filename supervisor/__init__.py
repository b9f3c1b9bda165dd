"""The supervisor of a worker node: keeper forks and watches job processes, intake speaks to queue and database.

Started from the repo root: `python -m supervisor`. A client of avio; nothing in avio imports it.
"""
