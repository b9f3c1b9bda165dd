"""Log lines name the trace of the request that they belong to."""

import json
import logging

from avio.log import JsonLines
from avio.wire import traces


def line() -> dict[str, object]:
    found: dict[str, object] = json.loads(JsonLines("web").format(logging.makeLogRecord({"msg": "words"})))
    return found


def test_a_line_has_the_trace_of_its_request_and_others_have_none() -> None:
    token = traces.current.set("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    try:
        assert line()["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    finally:
        traces.current.reset(token)
    assert "traceId" not in line()
