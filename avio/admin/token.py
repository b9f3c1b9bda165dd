"""`avio-server token`: list and revoke login tokens, by the beginning of their digest."""

import click

from avio.admin.database import opened
from avio.admin.output import moment, show
from avio.admin.settings import with_settings
from avio.config import Settings
from avio.errors import BadRequest
from avio.lazygroup import WholeLines
from avio.rules import accounts
from avio.rules.callers import LOCAL_ADMIN
from avio.terminal.numbers import WholeNumber
from avio.terminal.texts import Text

SHOWN = 12


@click.group(cls=WholeLines)
def token() -> None:
    """List and revoke login tokens."""


@token.command("list")
@click.option("--user", "name", type=Text(), help="Of this user alone.")
@click.option("--limit", default=100, show_default=True, type=WholeNumber(1, 10_000), help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@with_settings
def list_(name: str | None, limit: int, as_json: bool, settings: Settings) -> None:
    """List tokens, newest first. A token itself is kept nowhere: the id is the beginning of its digest."""
    with opened(settings):
        newest, time = accounts.list_tokens(LOCAL_ADMIN, name, limit)
        rows = [
            {
                "id": one.digest[:SHOWN],
                "uid": one.uid,
                "created": moment(one.created_at),
                "expires": moment(one.expires_at),
                "state": "revoked" if one.revoked_at else "expired" if one.expires_at <= time else "valid",
            }
            for one in newest
        ]
    show(rows, as_json=as_json)


@token.command()
@click.argument("token_id", type=Text())
@with_settings
def revoke(token_id: str, settings: Settings) -> None:
    """Take back the token whose id is TOKEN_ID, as `token list` shows it."""
    if len(token_id) < SHOWN:
        raise BadRequest(f"the id has fewer than {SHOWN} characters", cure="give it as avio-server token list shows it")
    with opened(settings):
        accounts.revoke_tokens(LOCAL_ADMIN, token_id.lower())
    click.echo(f"revoked {token_id}")
