"""The pods of a cluster, by kr8s: list, watch and patch, each with a limit. The only file that knows kr8s.

Needs the rights get, list, watch and patch of pods, and no others.
"""

import json
import warnings
from collections.abc import AsyncIterator
from typing import Any, Protocol

import httpx
import kr8s.asyncio
from kr8s import APITimeoutError, ServerError

from avio.gate.pods import GATE, NOTE, Pod

# Pods that no node has: those with a gate are among them.
SELECTOR = "status.phase=Pending,spec.nodeName="
PAGE = 500
CALL_SECONDS = 20.0
WATCH_SECONDS = 240  # after which the server ends a watch, and all is listed again
LATE_SECONDS = 30.0

NOT_FOUND, CONFLICT, GONE = 404, 409, 410

# No reply, a refusal, or a reply that is not from Kubernetes.
AWAY = (httpx.HTTPError, ServerError, APITimeoutError, OSError, ValueError, KeyError)


class Changed(Exception):
    """The pod is another one by now, or gone. The watch tells."""


class Pods(Protocol):
    """What the controller needs of a cluster."""

    async def all(self, namespace: str | None) -> tuple[list[dict[str, Any]], str]:
        """Return the pods without a node, and the version of the list."""

    def changes(self, namespace: str | None, version: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield what happens after a version: ADDED, MODIFIED or DELETED, and the pod. Ends after a while."""

    async def note(self, pod: Pod, text: str) -> None:
        """Write the annotation. Raise Changed."""

    async def free(self, pod: Pod, text: str) -> None:
        """Take the gate away, and write the annotation. Raise Changed if the pod is not as it was seen."""


class Cluster:
    """The pods of the cluster that this pod runs in, or that KUBECONFIG names."""

    def __init__(self, api: kr8s.asyncio.Api) -> None:
        self._api = api

    @classmethod
    async def open(cls) -> "Cluster":
        """Return the cluster. Raises those of `AWAY`, also without credentials."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # kr8s warns of versions of Kubernetes that it was not tested with
            api = await kr8s.asyncio.api()
        api.timeout = CALL_SECONDS
        return cls(api)

    async def all(self, namespace: str | None) -> tuple[list[dict[str, Any]], str]:
        """Return the pods without a node, and the version of the list."""
        found: list[dict[str, Any]] = []
        members: dict[str, Any] = {"fieldSelector": SELECTOR, "limit": PAGE}
        while True:
            page = await self._call("GET", namespace, "pods", params=members)
            found += [_with_gate(pod) for pod in page["items"] or ()]
            version, rest = page["metadata"]["resourceVersion"], page["metadata"].get("continue")
            if not rest:
                return [pod for pod in found if pod], version
            members["continue"] = rest

    async def changes(self, namespace: str | None, version: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield what happens after a version. Ends after `WATCH_SECONDS`, or when the version is too old."""
        members = {
            "fieldSelector": SELECTOR,
            "watch": "true",
            "resourceVersion": version,
            "timeoutSeconds": WATCH_SECONDS,
            "allowWatchBookmarks": "true",
        }
        limits = httpx.Timeout(CALL_SECONDS, read=WATCH_SECONDS + LATE_SECONDS)
        async with self._api.call_api(
            "GET", namespace=namespace, url="pods", params=members, stream=True, timeout=limits
        ) as reply:
            async for line in reply.aiter_lines():
                event = json.loads(line)
                if event["type"] == "ERROR":  # 410: too old
                    return
                if event["type"] != "BOOKMARK":
                    yield event["type"], event["object"]

    async def note(self, pod: Pod, text: str) -> None:
        """Write the annotation, if the pod is the same, whatever else has changed."""
        metadata = {"uid": pod.uid, "annotations": {NOTE: text}}
        await self._patch(pod, {"metadata": metadata}, "application/merge-patch+json")

    async def free(self, pod: Pod, text: str) -> None:
        """Take the gate away by its name: others stay. Not if the pod has changed: perhaps its path has."""
        metadata = {"uid": pod.uid, "resourceVersion": pod.version, "annotations": {NOTE: text}}
        spec = {"schedulingGates": [{"$patch": "delete", "name": GATE}]}
        await self._patch(pod, {"metadata": metadata, "spec": spec}, "application/strategic-merge-patch+json")

    async def _patch(self, pod: Pod, body: dict[str, Any], kind: str) -> None:
        try:
            await self._call(
                "PATCH", pod.namespace, f"pods/{pod.name}", content=json.dumps(body), headers={"Content-Type": kind}
            )
        except ServerError as error:
            if error.response is not None and error.response.status_code in (NOT_FOUND, CONFLICT):
                raise Changed from None
            raise

    async def _call(self, method: str, namespace: str | None, url: str, **request: Any) -> dict[str, Any]:
        async with self._api.call_api(
            method, namespace=namespace, url=url, timeout=httpx.Timeout(CALL_SECONDS), **request
        ) as reply:
            found: dict[str, Any] = reply.json()
            return found


def _with_gate(pod: dict[str, Any]) -> dict[str, Any]:
    """Return what is needed of a pod; nothing of one without a gate. Whole ones of a large cluster take much memory."""
    gates = (pod.get("spec") or {}).get("schedulingGates")
    return {"metadata": pod["metadata"], "spec": {"schedulingGates": gates}} if gates else {}
