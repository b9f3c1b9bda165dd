"""A cluster in memory for tests of avio-gate's rules. tests/kubernetes has the same on a real API server."""

import asyncio
import copy
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from avio.gate.cluster import Changed
from avio.gate.pods import GATE, NOTE, PATH, UNTIL, Pod


class FakePods:
    """Pods with versions, as the API has them. `patches` counts writes by pod."""

    def __init__(self) -> None:
        self._pods: dict[str, dict[str, Any]] = {}
        self._version = 0
        self._events: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self.patches: Counter[str] = Counter()
        self.failing: Exception | None = None
        self.lists = 0

    # -- what a user does

    def add(
        self, name: str, path: str | None = "/data", until: str | None = None, gates: tuple[str, ...] = (GATE,)
    ) -> None:
        marks = {mark: text for mark, text in ((PATH, path), (UNTIL, until)) if text is not None}
        metadata = {"uid": f"uid-{name}", "namespace": "ns", "name": name, "annotations": marks}
        self._put("ADDED", {"metadata": metadata, "spec": {"schedulingGates": [{"name": gate} for gate in gates]}})

    def annotate(self, name: str, **marks: str) -> None:
        self._pods[name]["metadata"]["annotations"] |= {f"avio.io/{mark}": text for mark, text in marks.items()}
        self._put("MODIFIED", self._pods[name])

    def delete(self, name: str) -> None:
        self._events.put_nowait(("DELETED", self._pods.pop(name)))

    def gates(self, name: str) -> list[str]:
        return [gate["name"] for gate in self._pods[name]["spec"]["schedulingGates"]]

    def note_of(self, name: str) -> str:
        return str(self._pods[name]["metadata"]["annotations"].get(NOTE, ""))

    def _put(self, kind: str, pod: dict[str, Any]) -> None:
        self._version += 1
        pod["metadata"]["resourceVersion"] = str(self._version)
        self._pods[pod["metadata"]["name"]] = pod
        self._events.put_nowait((kind, copy.deepcopy(pod)))

    # -- what avio-gate does

    async def all(self, namespace: str | None) -> tuple[list[dict[str, Any]], str]:
        self.lists += 1
        if self.failing is not None:
            raise self.failing
        while not self._events.empty():
            self._events.get_nowait()
        return copy.deepcopy(list(self._pods.values())), str(self._version)

    async def changes(self, namespace: str | None, version: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        while True:
            yield await self._events.get()

    async def note(self, pod: Pod, text: str) -> None:
        self.patches[pod.name] += 1
        self._known(pod)["metadata"]["annotations"][NOTE] = text
        self._put("MODIFIED", self._pods[pod.name])

    async def free(self, pod: Pod, text: str) -> None:
        self.patches[pod.name] += 1
        found = self._known(pod)
        if found["metadata"]["resourceVersion"] != pod.version:
            raise Changed
        found["spec"]["schedulingGates"] = [{"name": gate} for gate in self.gates(pod.name) if gate != GATE]
        found["metadata"]["annotations"][NOTE] = text
        self._put("MODIFIED", found)

    def _known(self, pod: Pod) -> dict[str, Any]:
        found = self._pods.get(pod.name)
        if found is None or found["metadata"]["uid"] != pod.uid:
            raise Changed
        return found
