"""Sizes in settings: a number of bytes, as people write it. Opens nothing."""

from typing import Annotated

from pydantic import BeforeValidator, ByteSize, Field

from avio.wire.limits import LEAST_BANDWIDTH, MOST_BANDWIDTH
from avio.wire.sizes import size_of

Size = Annotated[ByteSize, BeforeValidator(size_of)]
Bandwidth = Annotated[Size, Field(ge=LEAST_BANDWIDTH, le=MOST_BANDWIDTH)]  # bytes per second
