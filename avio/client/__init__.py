"""The HTTP client of the avio API, for the CLI and for other programs.

Knows the API's shapes and errors; neither the database nor the queue nor the server's settings.
"""

from avio.client.calls import PATIENCE_SECONDS, Client
from avio.client.errors import ApiError, ClientError, ConditionNotMet, Unreachable, WaitOver
from avio.client.job_follow import follow
from avio.client.pagination import pages
from avio.client.path_wait import wait_for_path
from avio.client.spelling import path_of, spelled_path, spelled_paths, spelled_rules

__all__ = [
    "PATIENCE_SECONDS",
    "ApiError",
    "Client",
    "ClientError",
    "ConditionNotMet",
    "Unreachable",
    "WaitOver",
    "follow",
    "pages",
    "path_of",
    "spelled_path",
    "spelled_paths",
    "spelled_rules",
    "wait_for_path",
]
