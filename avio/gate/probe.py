"""`avio-gate probe`: whether the avio-gate of this container is alive, or ready, by its own sign."""

from pathlib import Path

import click

from avio.signs import NoSign, living_sign

NAME = "gate"
LIMIT_SECONDS = 60.0


@click.command()
@click.option("--ready", is_flag=True, help="Fail, too, while it can't list pods or has no login: it says why.")
@click.option("--signs", type=click.Path(path_type=Path), required=True, help="The --signs of `avio-gate run`.")
def probe(ready: bool, signs: Path) -> None:
    """Check that avio-gate is alive; exit 1 if it is not."""
    try:
        sign = living_sign(signs, NAME, LIMIT_SECONDS)
    except NoSign as error:
        raise click.ClickException(f"avio-gate gives no sign of life: {error}") from None
    if ready and sign.not_ready:
        raise click.ClickException(f"avio-gate is not ready: {sign.not_ready}")
    click.echo(f"avio-gate is {'ready' if not sign.not_ready else f'alive; not ready: {sign.not_ready}'}")
