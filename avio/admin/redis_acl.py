"""`avio-server redis-acl`: users of Redis with least rights, one for each kind of process."""

import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import click

from avio.admin.redis_acl_roles import EXECUTOR, ROLES, acl_file
from avio.config import load
from avio.errors import BadRequest, Conflict

GENERATED_BYTES = 24


@click.command()
@click.option("--file", type=click.Path(path_type=Path), help="Write the rules to this new file, for its owner alone.")
@click.option("--passwords-stdin", is_flag=True, help="Read lines `user password`; the others are made up.")
def redis_acl(file: Path | None, passwords_stdin: bool) -> None:
    """Make an ACL file for Redis or Valkey: users web, supervisor, executor, aggregator; no other comes in.

    Without --file the rules go to standard output. What each process is to be given goes to standard error.
    """
    passwords = {role.name: secrets.token_urlsafe(GENERATED_BYTES) for role in ROLES}
    if passwords_stdin:
        passwords |= _given(sys.stdin)
    rules = acl_file(passwords)
    if file is None:
        click.echo(rules, nl=False)
    else:
        _write(file, rules)
    for line in variables(load().redis_url, passwords):
        click.echo(line, err=True)


def variables(url: str, passwords: dict[str, str]) -> Iterator[str]:
    """Yield, for each process, the variables that point it at its user of the Redis at `url`."""
    for role in ROLES:
        if role is not EXECUTOR:
            yield f"{role.name}: AVIO_REDIS_URL={url_of(url, role.name, passwords[role.name])}"
            if role.name == "supervisor":
                executor = url_of(url, EXECUTOR.name, passwords[EXECUTOR.name])
                yield f"{role.name}: AVIO_EXECUTOR_REDIS_URL={executor}"


def url_of(url: str, user: str, password: str) -> str:
    """Return `url` as `user` is to use it."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}").geturl()


def _given(lines: Iterable[str]) -> dict[str, str]:
    known = {role.name for role in ROLES}
    found = {}
    for number, line in enumerate(lines, 1):
        user, _, password = line.rstrip("\n").partition(" ")
        if user not in known:
            cure = f"begin it with one of {', '.join(sorted(known))}, and a space"
            raise BadRequest(f"line {number} begins with no user", cure=cure)  # but perhaps with a password
        if not password:
            raise BadRequest(f"line {number}: {user} has no password", cure="write the user, a space and the password")
        found[user] = password
    return found


def _write(file: Path, text: str) -> None:
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
            stream.write(text)
    except FileExistsError:
        raise Conflict(f"{file} already exists", cure="move it away first: its passwords are in use") from None
    except OSError as error:
        raise BadRequest(f"cannot write {file}: {error.strerror}", cure="use another --file") from None
