"""An option of a URL that the driver does not know is said in plain words, without the URL: it may have a password."""

import pytest

from avio.db.connection import open_database
from avio.streams import connect


@pytest.mark.parametrize("url", ["postgresql://u:SECRET@h/d?pasword=SECRET", "postgresql://u@h/d?SECRET"])
def test_of_a_database(url: str) -> None:
    with pytest.raises(ValueError, match=r"an option behind its \? that libpq does not know") as caught:
        open_database(url)
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_of_redis() -> None:
    with pytest.raises(ValueError, match=r"an option behind its \? that redis-py does not know") as caught:
        connect("redis://u:SECRET@localhost:1/0?socket_tiemout=3")
    assert "SECRET" not in str(caught.value)
