"""What is written down comes back as it was; what is not ours is refused, and in one way."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avio.wire.events import Event, EventError, ProgressEvent, decode, encode
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.progress import MAX_SAMPLES, ErrorGroup, Progress
from avio.wire.results import RESULT_NAME, Result
from avio.wire.states import JobType
from avio.wire.timings import Eta, PhaseTime
from tests.unit.wire import strategies

SAMPLE = '{"kind":"state","job":"J","attempt":1,"state":"running"}'
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
KINDS = st.sampled_from(["progress", "failure", "state", "", "other"])


@given(strategies.events)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert decode(encode(event)) == event
    assert decode(encode(event).encode()) == event
    assert "\n" not in encode(event)


@given(st.one_of(st.text(), st.binary(), JSON.map(json.dumps)))
def test_garbage_raises_an_event_error_and_nothing_else(garbage: str | bytes) -> None:
    with pytest.raises(EventError):
        decode(garbage)


@given(KINDS, st.dictionaries(st.sampled_from(["job", "attempt", "seq", "progress", "path", "state"]), JSON))
def test_an_event_with_the_wrong_members_raises_an_event_error_or_is_one(kind: str, members: dict[str, object]) -> None:
    try:
        event = decode(json.dumps({"kind": kind, **members}))
    except EventError:
        return
    assert isinstance(event.job, str)
    assert isinstance(event.attempt, int)


@pytest.mark.parametrize(
    "change",
    [
        {"job": 1},
        {"attempt": "1"},
        {"attempt": None},
        {"kind": "poem"},
        {"extra": 1},
        {"state": ...},
        {"kind": "progress"},
    ],
    ids=str,
)
def test_a_state_event_that_is_changed_is_none(change: dict[str, object]) -> None:
    data = {**json.loads(SAMPLE), **change}
    text = json.dumps({name: value for name, value in data.items() if value is not ...})

    with pytest.raises(EventError):
        decode(text)


PROGRESS = ProgressEvent(
    "J",
    1,
    2,
    Progress(errors=[ErrorGroup("GONE", 1, samples=["/a"])], eta=Eta(1, 2), phases=[PhaseTime("listing", 1, 2)]),
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seq", "3"),
        ("seq", True),
        ("seq", -1),
        ("seq", 2**63),
        ("seq", 1.5),
        ("job", "a\0b"),
        ("job", "\ud800"),
        ("progress.phase", 1),
        ("progress.speed_bps", "fast"),
        ("progress.average_bps", None),
        ("progress.in_flight", -1),
        ("progress.eta", 5),
        ("progress.eta.p50_ms", 1.5),
        ("progress.eta.p90_ms", None),
        ("progress.phases.0.ms", 2**63),
        ("progress.phases", [1]),
        ("progress.total_complete", 1),
        ("progress.counters.files_done", None),
        ("progress.counters.files_done", 10**30),
        ("progress.errors", "GONE"),
        ("progress.errors", [1]),
        ("progress.errors.0.count", "1"),
        ("progress.errors.0.samples", [1]),
        ("progress.errors.0.hint", "\0"),
    ],
    ids=str,
)
def test_a_progress_event_with_a_member_that_no_database_takes_is_none(name: str, value: object) -> None:
    data = json.loads(encode(PROGRESS))
    inner = data
    *way, last = name.split(".")
    for step in way:
        inner = inner[int(step) if step.isdigit() else step]
    inner[last] = value

    with pytest.raises(EventError):
        decode(json.dumps(data))


def test_a_text_that_is_nested_without_end_is_no_event() -> None:
    with pytest.raises(EventError):
        decode("[" * 100_000)


@given(strategies.progress)
def test_progress_comes_back_as_it_was(progress: Progress) -> None:
    assert Progress.from_json(json.loads(json.dumps(progress.to_json()))) == progress


@given(strategies.params)
def test_params_come_back_as_they_were(params: Params) -> None:
    assert Params.from_json(json.loads(json.dumps(params.to_json()))) == params


def test_params_are_camel_case_and_without_what_is_at_its_default() -> None:
    assert Params("/a", depth=1).to_json() == {"alluxioUri": "/a", "depth": 1, "fromFileList": False}


def test_an_unknown_member_of_params_is_refused() -> None:
    with pytest.raises(KeyError):
        Params.from_json({"alluxioUri": "/a", "dept": 1})


@given(strategies.orders)
def test_an_order_comes_back_as_it_was_and_is_one_line(order: Order) -> None:
    text = order.to_json()

    assert Order.from_json(text) == order
    assert Order.from_json(text.encode()).type is order.type
    assert not {"\n", "\r"} & set(text)


def test_an_order_of_an_unknown_type_is_refused() -> None:
    text = Order("J", 1, JobType.LS, Params("/")).to_json().replace('"type":0', '"type":9')

    with pytest.raises(ValueError, match="9 is not a valid JobType"):
        Order.from_json(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(strategies.results)
def test_a_result_comes_back_as_it_was(tmp_path: Path, result: Result) -> None:
    result.write(tmp_path)

    assert Result.read(tmp_path) == result
    assert [file.name for file in tmp_path.iterdir()] == [RESULT_NAME]


def test_an_attempt_that_left_no_result_has_none(tmp_path: Path) -> None:
    (tmp_path / (RESULT_NAME + ".part")).write_text("{")

    assert Result.read(tmp_path) is None


def test_an_error_group_counts_all_and_keeps_a_few_samples() -> None:
    group = ErrorGroup("GONE")
    for number in range(20):
        group.add(f"/{number}")

    assert group.count == 20
    assert group.samples == [f"/{number}" for number in range(MAX_SAMPLES)]
