"""The intake process of a worker node: queue, database, lease. It knows keeper by its messages only."""
