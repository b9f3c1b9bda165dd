"""`avio-server token`: list and revoke login tokens, by the beginning of their digest."""

import click

from avio.admin.opening import opened
from avio.admin.printing import moment, show
from avio.db import tokens, users
from avio.db.sql import now
from avio.errors import BadRequest, NotFound

SHOWN = 12


@click.group()
def token() -> None:
    """List and revoke login tokens."""


@token.command("list")
@click.option("--user", "name", help="Of this user alone.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_(name: str | None, limit: int, as_json: bool) -> None:
    """List tokens, newest first. A token itself is kept nowhere: the id is the beginning of its digest."""
    with opened():
        uid = None
        if name is not None:
            found = users.find(name)
            if found is None:
                raise NotFound(f"there is no user {name}", cure="avio-server user list shows them")
            uid = found.uid
        time = now()
        rows = [
            {
                "id": one.digest[:SHOWN],
                "uid": one.uid,
                "created": moment(one.created_at),
                "expires": moment(one.expires_at),
                "state": "revoked" if one.revoked_at else "expired" if one.expires_at <= time else "valid",
            }
            for one in tokens.newest(uid, limit)
        ]
    show(rows, as_json=as_json)


@token.command()
@click.argument("token_id")
def revoke(token_id: str) -> None:
    """Take back the token whose id is TOKEN_ID, as `token list` shows it."""
    if len(token_id) < SHOWN:
        raise BadRequest(f"the id has fewer than {SHOWN} characters", cure="give it as avio-server token list shows it")
    with opened():
        if not tokens.revoke_like(token_id.lower()):
            raise NotFound(f"there is no valid token {token_id}", cure="avio-server token list shows them")
    click.echo(f"revoked {token_id}")
