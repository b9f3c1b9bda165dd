"""`avio filter explain`: which rule takes or leaves a path. It asks no server."""

import click

from avio.commands import options
from avio.commands.filter_options import FilterCommand, filter_options, option_text
from avio.lazygroup import WholeLines
from avio.terminal.json_output import print_json_list
from avio.terminal.tables import Column, print_table
from avio.undecoded import quoted, reread
from avio.wire.filters import below, first_match, parse_rules
from avio.wire.paths import PathError, canonical, is_under

NO_RULE = "no rule matches"

COLUMNS = (
    Column("FILE", lambda row: row["file"], lambda row: row["file"]),
    Column("OUTCOME", lambda row: row["outcome"], lambda row: row["outcome"], width=5, rank=1),
    Column("RULE", lambda row: row["rule"] or NO_RULE, lambda row: row["rule"] or "", rank=2, keeps="start"),
)


@click.group(cls=WholeLines)
def filter() -> None:  # noqa: A001 - the name of the command
    """Try the rules of --include and --exclude."""


@filter.command(cls=FilterCommand)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--path", "root", default="/", metavar="PATH", help="The PATH of the job, below which rules match. Default: /."
)
@filter_options
@options.as_json
def explain(files: tuple[str, ...], root: str, filters: list[str] | None, as_json: bool) -> None:
    """Show whether a job with these rules takes each FILE, and which rule decides.

    FILE is a path below the PATH of the job, whole or from there on; it need not exist. The first rule that matches
    decides. A file that no rule matches is taken.
    """
    rules = parse_rules(filters or ())
    found = []
    for file in files:
        decisive = first_match(rules, _relative(file, root))
        outcome = "take" if decisive is None or decisive.takes else "leave"
        found.append({"file": file, "outcome": outcome, "rule": decisive and option_text(decisive.text)})
    if as_json:
        print_json_list({"path": root}, "files", [found])
    else:
        print_table(COLUMNS, [found])


def _relative(file: str, root: str) -> str:
    """Return what rules match of `file`, which a job at `root` finds. Raise UsageError if it can't be there."""
    root, file = reread(root), reread(file)
    try:
        root = canonical(root, any_name=True)
    except PathError as error:
        raise click.BadParameter(f"{quoted(root)} {error}", param_hint="'--path'") from None
    try:
        path = canonical(file if file.startswith("/") else f"{root}/{file}", any_name=True)
    except PathError as error:
        raise click.UsageError(f"{quoted(file)} {error}") from None
    if not is_under(path, root):
        raise click.UsageError(f"{file} is not below --path {root}; give the PATH of the job, or a file below it")
    return below(path, root)
