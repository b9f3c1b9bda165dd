"""`avio completion`: the script that makes a shell complete commands, options, job ids and paths."""

import click

from avio.commands.command import Command
from avio.commands.shell_scripts import SCRIPTS


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(list(SCRIPTS)))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    For bash: put eval "$(avio completion bash)" into ~/.bashrc.
    """
    click.echo(SCRIPTS[shell].strip())
