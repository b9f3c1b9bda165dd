"""The access log: one client can't fill it, and what was left out is counted."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from avio.api import gunicorn_log
from avio.api.access_quota import LINES
from avio.api.gunicorn_log import ADMITTED, JsonLogger
from avio.wire import traces

NOT_FOUND, OK = 404, 200


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the logger reads."""
    now = [100.0]
    monkeypatch.setattr(gunicorn_log, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """Answer so many requests; return the address and the count or status of each line."""
    monkeypatch.setattr(gunicorn_log, "start_logging", lambda *_: None)
    written: list[dict[str, Any]] = []
    logger = JsonLogger(Config())
    monkeypatch.setattr(logger, "access_log", SimpleNamespace(info=lambda _, extra: written.append(extra)))

    def answer(count: int, address: str, path: str = "/no", status: int = NOT_FOUND, **more: Any) -> list[Any]:
        written.clear()
        environ = {"PATH_INFO": path, "REMOTE_ADDR": address, **more}
        for _ in range(count):
            logger.access(SimpleNamespace(status_code=status, headers=[]), None, environ, timedelta())
        return [(line["address"], line.get("count") or line["status"]) for line in written]

    return answer


def test_an_address_without_a_user_has_few_lines_a_second_and_the_rest_is_counted(
    ask: Callable[..., list[Any]], clock: list[float]
) -> None:
    assert ask(1000, "192.0.2.1") == [("192.0.2.1", NOT_FOUND)] * LINES
    assert ask(1, "192.0.2.2") == [("192.0.2.2", NOT_FOUND)], "others have their lines"
    clock[0] += 1
    assert ask(1, "192.0.2.2", "/healthz", OK) == [("192.0.2.1", 1000 - LINES)]
    assert ask(LINES, "192.0.2.1") == [("192.0.2.1", NOT_FOUND)] * LINES


def test_a_network_of_ipv6_is_one_client(ask: Callable[..., list[Any]], clock: list[float]) -> None:
    assert len([line for no in range(2 * LINES) for line in ask(1, f"2001:db8::{no:x}")]) == LINES


def test_all_requests_of_users_are_logged(ask: Callable[..., list[Any]], clock: list[float]) -> None:
    assert len(ask(5 * LINES, "192.0.2.1", "/whoami", OK, **{ADMITTED: True})) == 5 * LINES


def test_probes_have_no_lines_while_they_succeed(ask: Callable[..., list[Any]], clock: list[float]) -> None:
    assert ask(3, "192.0.2.1", "/healthz", OK) == []
    assert ask(1, "192.0.2.1", "/readyz", 503) == [("192.0.2.1", 503)]


def test_the_trace_of_a_request_ends_with_its_line(ask: Callable[..., list[Any]], clock: list[float]) -> None:
    traces.current.set("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    ask(1, "192.0.2.1")

    assert traces.current.get() is None
