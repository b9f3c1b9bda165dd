"""No setting takes what the database, the kernel or a timer can't hold, nor what is empty or no number."""

from math import inf, nan
from pathlib import Path
from types import UnionType
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from avio.config import Settings
from avio.config.alluxio import AlluxioSpec
from avio.config.local import Mount, TierSpec
from avio.config.table import Table
from avio.wire.digits import types_in

TABLES: list[type[BaseModel]] = [Settings, AlluxioSpec, Mount, TierSpec]
LARGEST = {int: 2**40, float: 366 * 86400}
HUGE = [10**19, 10**400, 1e300, inf, nan, True, "9" * 400, "9" * 400 + ".5"]


def fields(*kinds: type) -> list[Any]:
    """Return the members that take one of `kinds`, with their table."""
    return [
        pytest.param(table, name, id=f"{table.__name__}.{name}")
        for table in TABLES
        for name, field in table.model_fields.items()
        if any(issubclass(kind, kinds) for kind in types_in(field.annotation) if kind not in (bool, UnionType))
    ]


def refused(table: type[BaseModel], name: str, value: Any) -> str:
    """Return why `table` refuses `value` for the member, or ""."""
    is_list = isinstance(table.model_fields[name].get_default(call_default_factory=True), list)
    try:
        table.model_validate({name: [value] if is_list else value})
    except ValidationError as error:
        return "\n".join(detail["msg"] for detail in error.errors() if detail["loc"][:1] == (name,))
    return ""


def test_all_tables_share_the_rules() -> None:
    assert all(issubclass(table, Table) for table in TABLES)
    assert len(fields(int, float)) > 40


@pytest.mark.parametrize("value", HUGE, ids=lambda value: str(value)[:12] if value != 10**400 else "10^400")
@pytest.mark.parametrize(("table", "name"), fields(int, float))
def test_no_number_is_without_a_bound(table: type[BaseModel], name: str, value: Any) -> None:
    words = refused(table, name, value)
    assert words
    assert len(words) < 400
    assert "Exceeds the limit" not in words


def test_an_age_and_a_wait_are_at_most_what_their_holders_take() -> None:
    assert not refused(Settings, "node_keep", 100 * 365 * 86400)
    assert refused(Settings, "node_keep", 100 * 365 * 86400 + 1)
    assert refused(Settings, "stop_grace", 2**31 / 1000)  # milliseconds of poll()
    assert refused(AlluxioSpec, "bandwidth", 2**63)


@pytest.mark.parametrize(("table", "name"), fields(str, Path))
def test_no_text_is_empty_or_has_a_nul(table: type[BaseModel], name: str) -> None:
    if name in ("mounts", "mount_bandwidths", "options"):
        assert refused(table, name, "a\0b")  # they are tables
        return
    for value in ("", " ", "a\0b"):
        assert refused(table, name, value), value


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::", "localhost", "node-1.example.com", "a_b"])
def test_an_address_or_a_name_is_a_host(host: str) -> None:
    assert not refused(Settings, "host", host)


@pytest.mark.parametrize("host", ["", "a b", "[::1]", "http://a", "a:80", "a..b", "-a", "a/b", "a" * 64, "a.b\n"])
def test_what_no_server_can_listen_on_is_no_host(host: str) -> None:
    assert refused(Settings, "host", host)
