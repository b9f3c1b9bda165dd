"""`avio keep`: paths whose cached files stay cached until a time, and who keeps which."""

from collections.abc import Iterator
from typing import Any

import click

from avio.client import Client, ClientError, pages
from avio.client.keep_shapes import KeepInfo, KeepPage
from avio.commands import options
from avio.commands.command import Command
from avio.commands.job_ids import is_id
from avio.commands.path_completion import complete_cached_path
from avio.commands.session import with_client
from avio.terminal.cells import moment, printable, raw, raw_moment, short_moment
from avio.terminal.json_output import print_json, print_json_list
from avio.terminal.quantities import LaterMoment
from avio.terminal.tables import Column, print_table
from avio.terminal.texts import Text
from avio.undecoded import reread
from avio.wire.keeps import Status
from avio.wire.paths import PathError, canonical, shown_path

OPEN = (Status.STARTING, Status.ACTIVE)

COLUMNS = (
    Column("ID", lambda row: row["id"], lambda row: row["id"]),
    Column("USER", lambda row: printable(row["user"]), lambda row: raw(row["user"]), width=4, rank=2),
    Column("STATUS", lambda row: row["status"], lambda row: row["status"], width=6, rank=3),
    Column(
        "UNTIL",
        lambda row: moment(row["until"]),
        lambda row: raw_moment(row["until"]),
        width=10,
        rank=1,
        short=lambda row: short_moment(row["until"]),
    ),
    Column("PATH", lambda row: printable(row["path"]), lambda row: raw(row["path"])),
)


class NotKept(ClientError):
    """The user keeps nothing at the path."""

    reason = "NOT_FOUND"
    status = 404


@click.command(cls=Command)
@click.argument("path", type=Text(), required=False, shell_complete=complete_cached_path)
@click.option("--until", type=LaterMoment(), help="Keep PATH until then: 72h from now, or a time.")
@click.option("--forever", is_flag=True, help="Keep PATH until you end it, if the server allows that.")
@click.option("--end", is_flag=True, help="End your keep of PATH, or the keep of which PATH is the id.")
@click.option("--all", "ended_too", is_flag=True, help="List those that have ended, too.")
@options.as_json
@with_client
def keep(
    client: Client, /, path: str | None, until: str | None, *, forever: bool, end: bool, ended_too: bool, as_json: bool
) -> None:
    r"""Keep what is cached at and below PATH: nobody frees it, and no job evicts it to make room.

    Files that come into the cache later are kept, too. Given again, another end counts. Without an option it shows who
    keeps files at, above or below PATH; without PATH, what you keep.

    Example: avio keep /data/imagenet --until 72h
    """
    _require_one_purpose(path, until=until, forever=forever, end=end, ended_too=ended_too)
    if path is None or not (until or forever or end):
        _list(client, path, ended_too=ended_too, as_json=as_json)
    elif end:
        _end(client, path, as_json=as_json)
    else:
        found = client.keeps.put(path, until)
        if as_json:
            print_json(found)
        else:
            click.echo(printable(_said(found)), err=True)


def _require_one_purpose(path: str | None, *, until: str | None, forever: bool, end: bool, ended_too: bool) -> None:
    given = [
        name
        for name, value in (("--until", until), ("--forever", forever), ("--end", end), ("--all", ended_too))
        if value
    ]
    if len(given) > 1:
        raise click.UsageError(f"give one of {', '.join(given)}")
    if given and given != ["--all"] and path is None:
        raise click.UsageError(f"{given[0]} needs a PATH")
    if ended_too and path is not None:
        raise click.UsageError("--all is without a PATH; keeps of a path that have ended are not listed by it")


def _list(client: Client, path: str | None, *, ended_too: bool, as_json: bool) -> None:
    def fetch(token: str | None) -> KeepPage:
        return client.keeps.page(path=path, page_token=token)

    def batches() -> Iterator[list[KeepInfo]]:
        for page in pages(fetch):
            yield [each for each in page["keeps"] if ended_too or each["status"] in OPEN]

    if as_json:
        print_json_list({}, "keeps", batches())
    else:
        print_table(COLUMNS, batches())


def _end(client: Client, given: str, *, as_json: bool) -> None:
    keep_id = given.upper() if is_id(given) else _own(client, given)["id"]
    client.keeps.end(keep_id)
    found = client.keeps.get(keep_id)
    if as_json:
        print_json(found)
    else:
        click.echo(printable(f"{found['path']} is no longer kept by {found['user']}"), err=True)


def _own(client: Client, given: str) -> KeepInfo:
    """Return the caller's open keep of a path. Raise NotKept with the name of who else keeps files there."""
    try:
        path = shown_path(canonical(reread(given), any_name=True))
    except PathError as error:
        raise click.UsageError(f"{given!r} {error}") from None
    uid = client.whoami()["uid"]
    found = [
        each for page in pages(lambda token: client.keeps.page(path=given, page_token=token)) for each in page["keeps"]
    ]
    own = [each for each in found if each["uid"] == uid]
    for each in own:
        if each["path"] == path:
            return each
    others = ", ".join(f"{each['user']} keeps {each['path']} ({each['id']})" for each in (own or found)[:3])
    cure = "avio keep lists what you keep; an admin ends a keep of somebody else by its id"
    raise NotKept(f"you don't keep {path}", why=others or "nobody keeps files there", cure=cure)


def _said(found: Any) -> str:
    until = "until you end it" if found["until"] is None else f"until {moment(found['until'])}"
    said = [f"{found['path']} is kept {until}"]
    if found["status"] == Status.STARTING:
        said.append(f"a job that drops files may not know of it before {moment(found['holdTime'])}")
    if found["evictable"]:
        said.append("nobody frees it, but the cache may evict it by itself")
    return "; ".join(said)
