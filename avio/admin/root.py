"""`avio-server root`: where Procfile and app.py are, for a process manager or a container."""

import click

from avio.root import ROOT


@click.command()
def root() -> None:
    """Print the directory that the processes start from: it has Procfile and app.py."""
    click.echo(ROOT)
