"""`avio-server tiers`: what the tiers may hold and hold, asked of the cache itself."""

from contextlib import closing

import click

from avio import config
from avio.admin.printing import show
from avio.engines.opening import open_engine
from avio.errors import BadRequest


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def tiers(as_json: bool) -> None:
    """Show what each tier may hold and holds, in bytes, on each worker where there are several."""
    try:
        engine = open_engine(config.load().engine_settings())
    except ValueError as error:
        raise BadRequest(str(error), cure="avio-server check shows the settings") from error
    with closing(engine):
        rows = [
            {"tier": tier.alias, "worker": tier.worker, "capacity": tier.capacity, "used": tier.used, "free": tier.free}
            for tier in engine.capacity()
        ]
    show(rows, as_json=as_json)
