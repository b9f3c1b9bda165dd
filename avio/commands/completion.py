"""`avio completion`: the script that makes a shell complete commands, options and job ids."""

import click
from click.shell_completion import get_completion_class

from avio.commands.command import Command


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    For bash: put eval "$(avio completion bash)" into ~/.bashrc.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    root = context.find_root()
    click.echo(kind(root.command, {}, "avio", "_AVIO_COMPLETE").source())
