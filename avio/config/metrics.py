"""The settings of metrics: who may read those of web, and the ports of the others. Opens no port."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from avio.config.table import Table

Port = Annotated[int, Field(ge=1, le=65535)]
TOKEN_LEAST = 16  # characters


class MetricsSettings(Table):
    """Part of `avio.config.Settings`."""

    metrics: Literal["off", "open", "token"] = Field(
        "open",
        description="Who may read /metrics of web: off: nobody; open: everybody who reaches web;"
        " token: who sends Authorization: Bearer and metrics_token.",
    )
    metrics_token: Annotated[SecretStr, Field(min_length=TOKEN_LEAST)] | None = Field(
        None, description="The token of metrics = token, of 16 characters or more."
    )
    metrics_port: Port | None = Field(
        None, description="Port of host where the supervisor, and the aggregator, show their metrics; absent: none."
    )
    aggregator_metrics_port: Port | None = Field(
        None,
        description="The same for the aggregator, if it is on one machine with a supervisor; absent: metrics_port.",
    )
