"""Words of foreign errors on one line, as findings show them."""


def one_line(error: Exception) -> str:
    """Return the words of an error without line breaks."""
    return " ".join(str(error).split())
