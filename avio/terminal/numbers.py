"""Numbers on a command line. click calls them "integer range" and "float range" in its messages; people say number."""

import click


class WholeNumber(click.IntRange):
    """An integer between two limits."""

    name = "number"


class Number(click.FloatRange):
    """A number between two limits."""

    name = "number"
