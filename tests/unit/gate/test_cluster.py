"""What avio-gate sends to Kubernetes, and what it makes of the replies. tests/kubernetes has a real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import kr8s.asyncio
import pytest
from kr8s import ServerError

from avio.gate.cluster import WATCH_SECONDS, Changed, Cluster
from avio.gate.pods import GATE, Ask, Pod

POD = Pod("u1", "training", "train", "7", "", Ask("/data", "cached"))


class Api:
    """Answers calls from a list, in place of kr8s; `calls` has what was asked."""

    def __init__(self, *replies: Any) -> None:
        self.calls: list[dict[str, Any]] = []
        self._replies = list(replies)

    @asynccontextmanager
    async def call_api(self, method: str, **call: Any) -> AsyncIterator[Any]:
        self.calls.append({"method": method, **call, "params": dict(call.get("params") or {})})
        reply = self._replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, str):
            yield httpx.Response(200, text=reply)
        else:
            yield httpx.Response(200, json=reply)


def cluster(api: Api) -> Cluster:
    return Cluster(cast(kr8s.asyncio.Api, api))


def refusal(status: int) -> ServerError:
    return ServerError("no", status="no", response=httpx.Response(status))


def page(*pods: dict[str, Any], rest: str = "") -> dict[str, Any]:
    return {"metadata": {"resourceVersion": "9", "continue": rest}, "items": list(pods)}


def document(name: str, *gates: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"schedulingGates": [{"name": gate} for gate in gates], "much": "more"}}


def test_all_pages_are_listed_and_nothing_is_kept_of_pods_without_a_gate() -> None:
    api = Api(page(document("a", GATE), document("b"), rest="next"), page(document("c", "other")))

    found, version = asyncio.run(cluster(api).all("training"))

    assert ([pod["metadata"]["name"] for pod in found], version) == (["a", "c"], "9")
    assert found[0]["spec"] == {"schedulingGates": [{"name": GATE}]}
    assert [call["params"].get("continue") for call in api.calls] == [None, "next"]
    assert {call["params"]["fieldSelector"] for call in api.calls} == {"status.phase=Pending,spec.nodeName="}


def test_a_watch_yields_changes_without_bookmarks_until_its_version_is_too_old() -> None:
    events = [
        {"type": "ADDED", "object": {"n": 1}},
        {"type": "BOOKMARK", "object": {}},
        {"type": "DELETED", "object": {"n": 2}},
        {"type": "ERROR", "object": {"code": 410}},
        {"type": "ADDED", "object": {"n": 3}},
    ]
    api = Api("\n".join(map(json.dumps, events)))

    async def watch() -> list[tuple[str, dict[str, Any]]]:
        return [change async for change in cluster(api).changes(None, "9")]

    assert asyncio.run(watch()) == [("ADDED", {"n": 1}), ("DELETED", {"n": 2})]
    assert api.calls[0]["params"]["resourceVersion"] == "9"


def test_each_call_has_a_limit_also_a_watch_whose_server_is_gone() -> None:
    api = Api(page(), "", {})

    async def ask() -> None:
        made = cluster(api)
        await made.all(None)
        assert [change async for change in made.changes(None, "9")] == []
        await made.note(POD, "x")

    asyncio.run(ask())
    reads = [call["timeout"].read for call in api.calls]
    assert None not in reads
    assert reads[1] > WATCH_SECONDS == api.calls[1]["params"]["timeoutSeconds"]


def test_a_pod_is_freed_as_it_was_seen_and_keeps_its_other_gates() -> None:
    api = Api({})

    asyncio.run(cluster(api).free(POD, "freed: x"))

    (call,) = api.calls
    assert (call["method"], call["namespace"], call["url"]) == ("PATCH", "training", "pods/train")
    assert call["headers"] == {"Content-Type": "application/strategic-merge-patch+json"}
    assert json.loads(call["content"]) == {
        "metadata": {"uid": "u1", "resourceVersion": "7", "annotations": {"avio.io/gate": "freed: x"}},
        "spec": {"schedulingGates": [{"$patch": "delete", "name": GATE}]},
    }


def test_a_note_is_for_the_pod_that_was_seen_whatever_else_has_changed() -> None:
    api = Api({})

    asyncio.run(cluster(api).note(POD, "waiting"))

    assert json.loads(api.calls[0]["content"]) == {
        "metadata": {"uid": "u1", "annotations": {"avio.io/gate": "waiting"}}
    }


@pytest.mark.parametrize("status", [404, 409])
def test_a_pod_that_is_gone_or_another_one_is_looked_at_again(status: int) -> None:
    with pytest.raises(Changed):
        asyncio.run(cluster(Api(refusal(status))).free(POD, "x"))


def test_another_refusal_is_an_error() -> None:
    with pytest.raises(ServerError):
        asyncio.run(cluster(Api(refusal(403))).free(POD, "x"))
