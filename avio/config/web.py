"""The settings that limit what clients can take from web.

Each web process counts for itself, but for logins. Opens no connection.
"""

from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import BeforeValidator, ByteSize, Field, field_validator

from avio.config.size import Size
from avio.config.table import Count, Table


def _split(given: Any) -> Any:
    """In the environment a list is written with commas."""
    return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given


class WebLimits(Table):
    """Part of `avio.config.Settings`.

    A limit without a value is a quarter of what it limits, and lets one user do at least two things at once.
    """

    web_threads: Annotated[int, Field(ge=4, le=1000)] = Field(64, description="Threads of each web process.")
    listeners: Annotated[int, Field(ge=1, le=900)] = Field(
        32, description="Event streams and long polls that each web process keeps open; below web_threads."
    )
    listeners_per_user: Count | None = Field(
        None,
        description="Event streams and long polls of one user in each web process; absent: a quarter of listeners.",
    )
    requests_per_user: Count | None = Field(
        None,
        description="Requests of one user that each web process answers at once; absent: a quarter of web_threads."
        " Requests without a valid token have as many together, and /readyz has as many.",
    )
    requests_per_mount: Count | None = Field(
        None,
        description="Requests that may use one mount at once in each web process; absent: a quarter of web_threads.",
    )
    connections_per_address: Count = Field(
        200,
        description="Connections of one address in each web process that wait for a request, or for their client to"
        " read a reply.",
    )
    client_rate: Size = Field(
        ByteSize(8 << 10),
        gt=0,
        description="Bytes a second that a client must send of a body after the first 20 s, and read of a reply after"
        " the first 30 s.",
    )
    trusted_proxies: Annotated[list[str], BeforeValidator(_split)] = Field(
        [],
        description="Addresses or networks of proxies in front of web, whose X-Forwarded-For names the client.",
    )
    failures_per_address: Count = Field(
        60, description="Failed logins from one address in 15 minutes, of all names together."
    )
    failures_per_account: Count = Field(
        30, description="Failed logins of one name in 15 minutes, from all addresses where it never logged in."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: list[str]) -> list[str]:
        for text in value:
            try:
                ip_network(text, strict=False)
            except ValueError:
                raise ValueError(f"{text!r} is not an IP address or network, such as 10.0.0.0/8") from None
        return value

    @property
    def listeners_of_user(self) -> int:
        """Return how many listeners one user may have."""
        return self.listeners_per_user or max(2, self.listeners // 4)

    @property
    def requests_of_user(self) -> int:
        """Return how many requests one user may have at once."""
        return self.requests_per_user or max(4, self.web_threads // 4)

    @property
    def requests_of_mount(self) -> int:
        """Return how many requests may use one mount at once."""
        return self.requests_per_mount or max(2, self.web_threads // 4)
