"""Numbers are ASCII digits: in every query, setting and option, and in the ports of addresses."""

from typing import Any

import click
import pytest
from pydantic import BaseModel, ValidationError

from avio.api import requests
from avio.client import Client
from avio.clock import parse_zone
from avio.config import Settings
from avio.config.alluxio import AlluxioSpec
from avio.config.local import Mount, TierSpec
from avio.terminal.numbers import Number, WholeNumber
from avio.wire.paths import PathError, canonical

ODD = ["1_0", " 10", "10 ", "+10", "\uff11\uff10", "\u0661\u0660", "10\n", "1\u2009"]
QUERIES = [
    shape
    for shape in vars(requests).values()
    if isinstance(shape, type) and issubclass(shape, requests.Asked) and shape.__name__.endswith("Query")
]


def numbers(shape: type[BaseModel]) -> list[str]:
    """Return the names of the members that take the text 10, and not the text x, without a list."""
    return [name for name in shape.model_fields if not wrong(shape, name, "10") and wrong(shape, name, "x")]


def wrong(shape: type[BaseModel], name: str, text: Any) -> bool:
    """Return True if `shape` refuses `text` for this member."""
    key = shape.model_fields[name].alias or name
    try:
        shape.model_validate({key: text})
    except ValidationError as error:
        return any(detail["loc"][:1] == (key,) for detail in error.errors())
    return False


def test_queries_and_settings_with_numbers_are_found() -> None:
    assert {"depth", "page_size"} <= {*numbers(requests.ListQuery)}
    assert {"wait", "if_version"} <= {*numbers(requests.JobQuery)}
    assert {"slots", "web_threads", "stop_grace", "job_keep", "client_rate"} <= {*numbers(Settings)}


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("shape", [*QUERIES, Settings, AlluxioSpec], ids=lambda shape: shape.__name__)
def test_no_query_and_no_setting_takes_other_numbers(shape: type[BaseModel], text: str) -> None:
    sizes = {name for name, field in shape.model_fields.items() if "ByteSize" in str(field.annotation)}
    taken = [name for name in numbers(shape) if not wrong(shape, name, text) and name not in sizes]
    assert taken == []


@pytest.mark.parametrize("text", ODD)
def test_lists_of_numbers(text: str) -> None:
    assert wrong(requests.JobsQuery, "type", [text.replace("10", "1")])
    assert wrong(requests.JobsQuery, "type", [f"0,{text}"])
    assert wrong(AlluxioSpec, "worker_ports", [text])


@pytest.mark.parametrize("text", ["1_0", "+10", "\uff11\uff10", "1\u212aB", "\u0661", "10 \uff2b"])
@pytest.mark.parametrize("name", [n for n, f in Settings.model_fields.items() if "ByteSize" in str(f.annotation)])
def test_sizes(name: str, text: str) -> None:
    assert wrong(Settings, name, text)
    assert wrong(TierSpec, "capacity", text)


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("kind", [WholeNumber(0), Number(0)])
def test_options(kind: click.ParamType[Any], text: str) -> None:
    assert kind.convert("10", None, None) == 10
    with pytest.raises(click.BadParameter):
        kind.convert(text, None, None)


@pytest.mark.parametrize("text", ["+\uff10\uff18:00", "+\u00b2\u00b2:00"])
def test_offsets(text: str) -> None:
    with pytest.raises(ValueError, match="write it as"):
        parse_zone(text)


PORTS = ["h:1:2", "h:1_0", "h:99999", "h:+1", "h:\uff11", "h: 1"]


@pytest.mark.parametrize("address", [*PORTS, "h:0", "h:", ":1", "h:1,", ",h:1", "a@b@c:1", "@h:1", "h:1;;g:2"])
def test_authorities_of_paths(address: str) -> None:
    with pytest.raises(PathError, match=r"host:port|names no host"):
        canonical(f"alluxio://{address}/data")


@pytest.mark.parametrize(
    "address", ["h", "h:1", "h:65535", "a:1,b:2", "a:1;b:2", "zk@a:1,b:2", "a+b:1", "10.0.0.1:19998"]
)
def test_authorities_that_are_taken(address: str) -> None:
    assert canonical(f"alluxio://{address}/data") == "/data"


@pytest.mark.parametrize("address", PORTS)
def test_urls(address: str) -> None:
    assert wrong(AlluxioSpec, "proxy", f"http://{address}")
    assert wrong(AlluxioSpec, "web", [f"http://{address}"])
    assert wrong(AlluxioSpec, "masters", [address])
    assert wrong(Mount, "url", f"https://{address}/data")
    assert wrong(Settings, "redis_url", f"redis://u:secret@{address}/0")
    assert wrong(Settings, "executor_redis_url", f"redis://{address}/0")
    with pytest.raises(ValueError, match="not a server address"):
        Client(f"http://{address}")


def test_an_error_of_a_url_has_no_password() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({"redis_url": "redis://u:hidden@h:1:2/0"})
    assert "hidden" not in refused.value.errors()[0]["msg"]
