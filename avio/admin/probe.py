"""`avio-server probe`: whether the processes of this node are alive, or ready, by their own signs; for Kubernetes.

Reads no settings and opens no connection: a wrong avio.toml or a database that is unavailable ends no process.
"""

from pathlib import Path

import click

from avio.clock import boottime
from avio.errors import Unavailable
from avio.signs import NoSign, Sign, living_sign, read_sign
from avio.terminal.quantities import Duration

# Calls of the database have limits, and so has each round of intake; one that needs longer is stuck.
INTAKE_SECONDS = 120.0


@click.command()
@click.argument("process", type=click.Choice(["supervisor", "aggregator"]))
@click.option("--ready", is_flag=True, help="Fail, too, while it is alive and does not work: it says why.")
@click.option("--limit", type=Duration(), default="60s", show_default=True, help="How old its last sign may be.")
@click.option(
    "--signs",
    type=click.Path(path_type=Path),
    envvar="AVIO_SIGNS",
    required=True,
    help="The directory of the setting signs.  [default: AVIO_SIGNS]",
)
def probe(process: str, ready: bool, limit: float, signs: Path) -> None:
    """Check that PROCESS is alive; exit 1 if it is not. The setting signs must name a directory of its own.

    A supervisor is alive while keeper and intake go on, whatever database and buckets do.
    """
    name = "keeper" if process == "supervisor" else process
    sign = _living(signs, name, limit)
    if name == "keeper":
        _require_intake(signs, sign)
    if ready and sign.not_ready:
        raise Unavailable(f"{process} is not ready: {sign.not_ready}", cure="read its log")
    click.echo(f"{process} is {'ready' if not sign.not_ready else f'alive; not ready: {sign.not_ready}'}")


def _living(signs: Path, name: str, limit: float) -> Sign:
    try:
        return living_sign(signs, name, limit)
    except NoSign as error:
        cure = "start it, with the setting signs naming this directory; if it runs, it is stuck"
        raise Unavailable(f"{name} gives no sign of life: {error}", cure=cure) from None


def _require_intake(signs: Path, keeper: Sign) -> None:
    """Raise Unavailable if the intake that keeper has is stuck. One that waits for its first lease gives no sign."""
    try:
        sign = read_sign(signs, "intake")
    except NoSign:
        return
    age = boottime() - sign.at
    if sign.pid == keeper.beside and age > INTAKE_SECONDS:
        raise Unavailable(f"the last sign of intake is {age:.0f} s old", cure="start the supervisor again")
