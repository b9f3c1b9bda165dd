"""Options of `avio-server user` and `group`: the weight, and the limit of running jobs."""

from typing import Any

import click

from avio.rules.standings import MAX_WEIGHT
from avio.terminal.numbers import WholeNumber

weight_option = click.option(
    "--weight", type=WholeNumber(1, MAX_WEIGHT), help="Share of the job starts, next to the weights of others."
)
limit_option = click.option(
    "--jobs-max", type=WholeNumber(0, 10**9), help="Jobs that may run at once; 0 is as the settings say."
)


def standing_values(**given: Any) -> dict[str, Any]:
    """Return the columns of the options that were given."""
    values = {name: value for name, value in given.items() if value is not None}
    return values | ({"jobs_max": values["jobs_max"] or None} if "jobs_max" in values else {})
