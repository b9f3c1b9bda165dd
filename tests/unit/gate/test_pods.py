"""What a pod asks for."""

from typing import Any

import pytest

from avio.gate.pods import GATE, Ask, gated


def pod(gates: list[str], marks: dict[str, str] | None, **metadata: Any) -> dict[str, Any]:
    named = {"uid": "u", "namespace": "n", "name": "p", "resourceVersion": "1", "annotations": marks, **metadata}
    return {"metadata": named, "spec": {"schedulingGates": [{"name": gate} for gate in gates]}}


def test_a_pod_asks_for_a_path_and_a_condition_in_one_spelling() -> None:
    found = gated(pod(["x", GATE], {"avio.io/path": "/data/a b", "avio.io/until": "cached >= 95.0 %, saved"}))

    assert found is not None
    assert found.ask == Ask("/data/a b", "cached>=95%,saved")


def test_without_a_condition_all_must_be_cached() -> None:
    found = gated(pod([GATE], {"avio.io/path": "alluxio://m:19998/d"}))

    assert found is not None
    assert found.ask == Ask("alluxio://m:19998/d", "cached")


@pytest.mark.parametrize("path", ["/数据\u3000集", "/a\u00a0b", "/\u0645\u06cc\u200c\u062e"])
def test_a_path_may_have_signs_of_every_language(path: str) -> None:
    found = gated(pod([GATE], {"avio.io/path": path}))

    assert found is not None
    assert found.ask == Ask(path, "cached")


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        (None, "avio.io/path is missing"),
        ({"avio.io/path": "data"}, "begins with /"),
        ({"avio.io/path": "/a\nb"}, "is not a path"),
        ({"avio.io/path": "/" + "é" * 3000}, "at most 4096 bytes"),
        ({"avio.io/path": "/data", "avio.io/until": "cached>=95"}, "avio.io/until '95' has no unit"),
        ({"avio.io/path": "/data", "avio.io/until": "ready"}, "is not a condition"),
    ],
)
def test_what_can_t_be_waited_for_is_said(marks: dict[str, str] | None, words: str) -> None:
    found = gated(pod([GATE], marks))

    assert found is not None
    assert found.ask is None
    assert words in found.wrong


def test_a_pod_without_the_gate_or_about_to_go_is_none_of_ours() -> None:
    assert gated(pod(["other"], {"avio.io/path": "/data"})) is None
    assert gated({"metadata": pod([], {})["metadata"]}) is None
    assert gated(pod([GATE], {"avio.io/path": "/data"}, deletionTimestamp="2026-05-02T11:40:05Z")) is None
