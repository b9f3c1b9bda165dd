"""The contract of an engine that makes new objects in a bucket, past the cache: for the report of a job.

Web asks where one would go, the job process makes it. Needs Ability.STORE_REPORT.
"""

from abc import ABC, abstractmethod

from avio.engines.run import Run


class NewObjects(ABC):
    """Makes objects; never over one that is there."""

    @abstractmethod
    def place_for(self, path: str, name: str) -> str:
        """Return where a new object goes: `path`, or `name` below it if it is a directory or ends in a slash.

        Raises NoMount, NameNotHeld, EngineAway, and other errors of the store.
        """

    @abstractmethod
    def add(self, path: str, source: int, run: Run) -> bool:
        """Make an object at `path` of the open file `source`, complete or not at all. The cache does not change.

        Return False if there is one already. Raises the errors of a save.
        """
