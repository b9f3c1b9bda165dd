"""The settings of keeps. Read by web, which refuses."""

from pydantic import Field

from avio.config.table import Age, Count, Table


class KeepSettings(Table):
    """How many paths a user may keep in the cache, and for how long."""

    keeps_max: Count = Field(100, description="Paths that one user may keep in the cache.")
    keep_longest: Age = Field(
        90 * 86400,
        description="Seconds ahead that a user may keep a path; 0: without an end, too, as admins may.",
    )
