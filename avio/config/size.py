"""Sizes in settings: a number of bytes, as people write it. Opens nothing."""

from typing import Annotated

from pydantic import BeforeValidator, ByteSize, Field

from avio.wire.limits import LEAST_BANDWIDTH, MOST_BANDWIDTH
from avio.wire.sizes import size_of

# The sum of some of them, and what is added to one, must fit into 64 bits, too.
LARGEST_SETTING = 1 << 60

Size = Annotated[ByteSize, BeforeValidator(size_of), Field(le=LARGEST_SETTING)]
Bandwidth = Annotated[Size, Field(ge=LEAST_BANDWIDTH, le=MOST_BANDWIDTH)]  # bytes per second
