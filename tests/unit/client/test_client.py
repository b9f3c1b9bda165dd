"""The client for programs: what a login leaves it with, and what its errors say when they are printed."""

from collections.abc import Iterator

import pytest

from avio.client import ApiError, Client, Unreachable
from tests.unit.commands.samples import login_info, whoami_info
from tests.unit.commands.stub import Stub, problem, running_stub


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running_stub() as server:
        yield server


def test_a_client_that_logs_in_is_logged_in_until_it_logs_out(stub: Stub) -> None:
    stub.on("POST", "/login", login_info())
    stub.on("GET", "/whoami", whoami_info())
    stub.on("POST", "/logout", {})
    with Client(stub.url) as client:
        client.login("lena", "secret")
        assert client.whoami()["name"] == "lena"
        client.logout()
        with pytest.raises(ApiError):
            client.whoami()


def test_a_printed_error_says_what_why_and_what_to_do(stub: Stub) -> None:
    fields = [{"field": "params.tier", "message": "is no tier"}]
    stub.on("POST", "/login", login_info())
    stub.on("GET", "/stat", problem(400, "BAD_REQUEST", "the request is refused", cure="name a tier", errors=fields))
    with Client(stub.url, patience=0) as client:
        client.login("lena", "secret")
        with pytest.raises(ApiError) as refused:
            client.stat("/x")
    with Client("http://127.0.0.1:1", patience=0) as client, pytest.raises(Unreachable) as away:
        client.stat("/x")

    assert str(refused.value) == (
        "the request is refused (BAD_REQUEST); params.tier: is no tier; request req-1; try: name a tier"
    )
    assert "no connection: Connection refused; try" in str(away.value)
    assert "try: check the address" in str(away.value)
