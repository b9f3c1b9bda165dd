"""What is known of the bytes of a file that a job has moved. Used by the engines and the executor. Pure."""

from enum import StrEnum


class Content(StrEnum):
    """What is known of the bytes of a file that was moved."""

    UNKNOWN = "unknown"  # nothing was moved, or the engine does not say
    PROVED = "proved"  # they have the digest that the store has of them
    REPAIRED = "repaired"  # proved, after other bytes had come first
    UNPROVED = "unproved"  # the store has no digest of them: only their number was checked


CONTENTS = {content.value: content for content in Content}  # a look costs a fifth of a call of the class
