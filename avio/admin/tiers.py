"""`avio-server tiers`: what the tiers may hold and hold, asked of the cache itself."""

from contextlib import closing, suppress

import click

from avio.admin.checks.engine import engine_problems
from avio.admin.database import opened
from avio.admin.output import show
from avio.admin.settings import with_settings
from avio.config import Settings
from avio.engines.factory import open_engine
from avio.errors import BadRequest, NotFound, SettingsError, Unavailable
from avio.rules import tiers as rules
from avio.rules.cache import Cache
from avio.rules.callers import LOCAL_ADMIN
from avio.rules.places import MountPlaces
from avio.terminal.shell import shell_word


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.option("--init", "alias", metavar="ALIAS", help="Mark the disk that is mounted at this tier's path as the tier.")
@click.option("--forget", metavar="ALIAS", help="Forget a tier that was removed from the settings of all machines.")
@with_settings
def tiers(as_json: bool, alias: str | None, forget: str | None, settings: Settings) -> None:
    """Show what each tier may hold and holds, in bytes, on each worker where there are several.

    With --init, accept the disk that is at the path of the tier ALIAS, for a tier whose disk was replaced.
    """
    if problems := engine_problems(settings):
        raise SettingsError(problems)
    for tier in settings.tiers:
        if not tier.path.is_dir():  # asking the engine would make it
            message = f"tier {tier.alias}: {tier.path} does not exist"
            raise NotFound(message, cure=f"mount its disk, or mkdir -p {shell_word(tier.path)}")
    engine = open_engine(settings.engine_settings())
    if alias is not None:
        with opened(settings):
            if not rules.replace(settings, alias):
                raise BadRequest(f"no tier {alias}", cure="avio-server check shows the settings")
    if forget is not None:
        with opened(settings):
            if not rules.forget(settings, forget):
                raise BadRequest(f"no tier {forget} is known", cure="avio-server check names the missing ones")
    with suppress(Unavailable, NotFound), opened(settings, current=False):  # the figures need no database
        rules.expect_known_tiers(engine)
    with closing(engine):
        rows = [
            {
                "tier": tier.alias,
                "worker": tier.worker,
                "capacity": tier.capacity,
                "used": tier.used,
                "reserved": tier.reserved,
                "free": tier.free,
            }
            for tier in Cache(engine, MountPlaces(engine)).tiers(LOCAL_ADMIN)
        ]
    show(rows, as_json=as_json)
