"""The HTTP client of the avio API, for the CLI and for other programs.

Knows the API's shapes and errors; neither the database nor the queue nor the server's settings.
"""

from avio.client.calls import Client
from avio.client.following import follow
from avio.client.paging import pages
from avio.client.problems import ApiError, ClientError, Unreachable, WaitOver

__all__ = ["ApiError", "Client", "ClientError", "Unreachable", "WaitOver", "follow", "pages"]
