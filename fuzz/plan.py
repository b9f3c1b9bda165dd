"""What Schemathesis does: how many requests, from which seed, which values, which replies are right."""

import re
from typing import Any

import schemathesis

from fuzz.world import PATHS, Seeds

ULID = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}")
# Not more: `ast` of CPython 3.11 fails now and then in two threads at once ("recursion depth mismatch", gh-106905).
THREADS = 1
REQUEST_SECONDS = 15.0  # a longer `wait` is cut to this; nothing else takes so long
EVENTS_SECONDS = 1.0  # for which a stream is read; that of all jobs goes on, and one of a job that has not ended

# The replies to a request of the right shape: of what the server has, may and can do now. fuzz/judge.py looks at 400.
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "414", "422", "429", "431", "503"]
# The replies to a request of a wrong shape. A path that leads to no route is 404 or 405.
REFUSED = ["400", "401", "403", "404", "405", "409", "413", "414", "415", "422", "429", "431", "503"]


def plan(token: str, spare: str, seeds: Seeds, examples: int, seed: int) -> schemathesis.Config:
    """Return the configuration of a run with so many examples for each operation, as the user of `token`."""
    return schemathesis.Config.from_dict(
        {
            "seed": seed,
            "headers": {"Authorization": f"QBox {token}"},
            "workers": THREADS,
            "request-timeout": REQUEST_SECONDS,
            "max-stream-events": 2,
            "continue-on-failure": True,
            "dictionaries": {
                "paths": {"values": list(PATHS)},
                "jobs": {"values": seeds.jobs},
                "lists": {"values": seeds.lists},
                "schedules": {"values": seeds.schedules},
                "keeps": {"values": seeds.keeps},
                "crons": {"values": ["0 2 * * *", "*/15 8-18 * * MON-FRI", "0 0 L * *", "0 0 30 2 *"]},
                "zones": {"values": ["UTC", "Asia/Shanghai", "America/New_York"]},
                "tiers": {"values": ["MEM"]},
                "waits": {"values": [0, 0.1, 1]},
                "conditions": {"values": ["cached", "cached>=95%,saved", "cached>=1GiB and saved"]},
                "filters": {"values": ["status:failed", "path:/data/* since:2d", "user:root name:x type:save,ls"]},
            },
            "generation": {
                "max-examples": examples,
                "deterministic": True,
                "database": "none",
            },
            "parameters": {
                "query.wait": {"dictionary": "waits", "probability": 1.0},
                "query.until": {"dictionary": "conditions", "probability": 0.7},
                "query.filter": {"dictionary": "filters", "probability": 0.7},
                "query.alluxioUri": {"dictionary": "paths", "probability": 0.5},
                "body.alluxioUri": {"dictionary": "paths", "probability": 0.5},
                "body.params.alluxioUri": {"dictionary": "paths", "probability": 0.5},
                "body.params.tier": {"dictionary": "tiers", "probability": 0.5},
                "body.cron": {"dictionary": "crons", "probability": 0.9},
                "body.timezone": {"dictionary": "zones", "probability": 0.9},
            },
            "checks": {
                "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503"]},
                "positive_data_acceptance": {"expected-statuses": ACCEPTED},
                "negative_data_rejection": {"expected-statuses": REFUSED},
            },
            "operations": [
                {"include-path": "/logout", "headers": {"Authorization": f"QBox {spare}"}},
                {
                    **_ids("/jobs/{id}", "jobs"),
                    "exclude-path": "/jobs/{id}/events",
                },
                {**_ids("/jobs/{id}/events", "jobs"), "request-timeout": EVENTS_SECONDS},
                {"include-path": "/events", "request-timeout": EVENTS_SECONDS},
                _ids("/filelists/{id}", "lists"),
                _ids("/schedules/{id}", "schedules"),
                _ids("/keeps/{id}", "keeps"),
            ],
        }
    )


def with_known_list(body: Any, seeds: Seeds) -> Any:
    """Return an order by a list with a list that is there: a dictionary would give orders by a path one too."""
    params = body.get("params") if isinstance(body, dict) else None
    if not isinstance(params, dict) or params.get("fromFileList") is not True:
        return body
    invented = params.get("fileListId")
    if not isinstance(invented, str) or not ULID.fullmatch(invented):
        return body
    known = seeds.lists[sum(invented.encode()) % len(seeds.lists)]
    return body | {"params": params | {"fileListId": known}}


def _ids(prefix: str, dictionary: str) -> dict[str, Any]:
    return {
        "include-path-regex": "^" + prefix.replace("{", r"\{").replace("}", r"\}"),
        "parameters": {"path.id": {"dictionary": dictionary, "probability": 0.8}},
    }
