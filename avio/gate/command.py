"""The command avio-gate. `COMMANDS` is the map: a probe loads neither kr8s nor the client."""

import sys

import click

from avio import __version__
from avio.lazygroup import LazyGroup

COMMANDS = {
    "run": ("avio.gate.run", "run", "Free pods from the scheduling gate avio.io/cached, until SIGTERM."),
    "probe": ("avio.gate.probe", "probe", "Check that the avio-gate of this container is alive, or ready."),
}


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="avio-gate")
def commands() -> None:
    """Free pods of Kubernetes from a scheduling gate once their path is cached."""


def main() -> None:
    """Run the command of the command line."""
    try:
        commands(prog_name="avio-gate")
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] == "avio":
            raise
        click.echo(f"error: avio-gate needs the library {error.name}, which is not installed", err=True)
        click.echo("  try: pip install 'avio[gate]'", err=True)
        sys.exit(1)
