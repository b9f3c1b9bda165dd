"""Translates messages of the API for a user of the CLI: members become options, endpoints become commands.

The one place that does. The server writes a member with its value, as in `ifFull=partial`.
"""

import re
from functools import cache

from avio.wire.options import camel
from avio.wire.params import OPTIONS

_TEXT = r"[A-Za-z0-9_-]+"

# What the CLI has instead of these members.
_SPECIAL = {
    **dict.fromkeys(("alluxioUri", "alluxioUriEncoded", "paths"), "PATH"),
    **dict.fromkeys(("fromFileList", "fileListId"), "--from-file"),
    "fileListPath": "--from-object",
    "filters": "--include or --exclude",
    "versions": "avio apply",
    "planOf": "--dry-run of",
}

_MEMBERS = {camel(name): _SPECIAL.get(camel(name), "--" + name.replace("_", "-")) for name in OPTIONS} | {
    "recursive": "--recursive",
    "newSecret": "--new-secret",
    "pageSize": "--limit",
}

# What stands for more than one word, longest first.
_PHRASES = {
    "correct the members in errors[]; /openapi.json has the shapes": "correct what is named above",
    "no token was sent; send Authorization: QBox <token>": "you are not logged in to this server",
    "fromFileList=true with a fileListId": "--from-file",
    "send Prefer: respond-async to make it a job": "name a directory below it",
    "send less; upload long lists of paths with POST /filelists": "send less; give many paths with --from-file",
    "correct these lines and upload the list again": "correct these lines of the file and run the command again",
    "use separator=nul": "use --null",
    "does not fit its separator": "does not fit --null",
    "separator: is nul, but no path": "--null: no path",
    "leave separator=nul out": "leave --null out",
    "send text/plain, one path on each line": "write one path on each line of the file",
    "poll without wait, or try again": "try again in some seconds",
    "see /openapi.json for all endpoints": "check the address (AVIO_URL or --url)",
    "see the Allow header": "check that client and server have the same version",
    "upload the list with POST /filelists and give its fileListId": "give it with --from-file",
    "upload it with POST /filelists": "give it with --from-file",
    "an id from POST /filelists": "a list that --from-file has uploaded",
    "exclude it by filters": "leave it out by --exclude",
    "Idempotency-Key": "key of the request",
    "report the requestId to your admin": "tell an admin the id of the request",
    "PUT /me/webhook": "avio notify set",
    "POST /free": "avio free PATH",
    "by its id first: DELETE /keeps/{id}": "by its id first: avio keep ID --end",
    "DELETE /keeps/{id}": "avio keep PATH --end",
    "GET /stat": "avio stat PATH",
    "GET /tiers": "avio tiers",
    "GET /filelists": "avio lists",
    "DELETE /filelists/{id}": "avio lists --delete ID",
}

# Not inside a path, which may have such a name: /data/tier=MEM/x.
_ALONE, _END = r"(?<![\w/.=-])", r"(?![\w/.=-])"


def _with_value(name: str) -> str:
    rule = OPTIONS.get(next((each for each in OPTIONS if camel(each) == name), ""))
    choices = rule.choices if rule is not None else ()
    return rf"{name}=(?:{'|'.join(choices) or _TEXT})"


def in_cli_words(text: str) -> str:
    """Return a message of the server in the words of the CLI. Paths in it stay as they are."""
    phrase, assigned, field, named = _patterns()
    text = phrase.sub(lambda found: _PHRASES[found[0]], text)
    text = assigned.sub(lambda found: _option(*found[1].split("=")), text)
    text = field.sub(lambda found: _MEMBERS[found[1]], text)
    return named.sub(lambda found: _MEMBERS[found[1]], text)


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Return what finds phrases, members with a value, members of `params`, members. Most commands need none."""
    return (
        re.compile("|".join(re.escape(phrase) for phrase in _PHRASES)),
        re.compile(rf"{_ALONE}(?:params\.)?({'|'.join(map(_with_value, _MEMBERS))})(?![\w/=-])"),
        re.compile(rf"{_ALONE}params\.({'|'.join(_MEMBERS)}){_END}"),
        re.compile(rf"{_ALONE}({'|'.join(name for name in _MEMBERS if not name.islower())}){_END}"),
    )


def _option(name: str, value: str) -> str:
    return _MEMBERS[name] if value == "true" else f"{_MEMBERS[name]} {value}"
