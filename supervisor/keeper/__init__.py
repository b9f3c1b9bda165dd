"""The keeper process of a worker node: forks, watches and kills job processes. Opens no database and no Redis."""
