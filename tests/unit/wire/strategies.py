"""What may cross a process boundary, for hypothesis."""

from dataclasses import fields

from hypothesis import strategies as st

from avio.wire.events import Event, FailureEvent, ProgressEvent, StateEvent
from avio.wire.orders import Order
from avio.wire.params import OPTIONS, Params
from avio.wire.progress import Counters, ErrorGroup, MoverShare, Progress
from avio.wire.results import Failure, Result
from avio.wire.states import JobType, Phase, State
from avio.wire.timings import MAX_PHASES, Eta, Forecast, PhaseTime, Timing
from avio.wire.waiting import Wait, Why

# NUL and half characters are what no database takes.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
numbers = st.integers(0, 2**62)
attempts = st.integers(0, 1000)

counters: st.SearchStrategy[Counters] = st.builds(Counters, **{field.name: numbers for field in fields(Counters)})
groups = st.builds(ErrorGroup, texts, numbers, st.booleans(), texts, st.lists(texts, max_size=5))
shares = st.builds(MoverShare, numbers, numbers, numbers)
progress: st.SearchStrategy[Progress] = st.builds(
    Progress,
    st.sampled_from([phase.value for phase in Phase]),
    st.booleans(),
    counters,
    numbers,
    st.lists(groups),
    st.lists(shares, max_size=64),
    numbers,
    numbers,
    st.lists(st.builds(PhaseTime, texts, numbers, numbers), max_size=MAX_PHASES),
    st.none() | st.builds(Eta, numbers, numbers),
    numbers,
    st.none() | st.builds(Wait, st.sampled_from([why.value for why in Why]), texts, numbers),
)

events: st.SearchStrategy[Event] = st.one_of(
    st.builds(ProgressEvent, texts, attempts, numbers, progress),
    st.builds(FailureEvent, texts, attempts, texts, texts, texts, attempts),
    st.builds(StateEvent, texts, attempts, st.sampled_from([state.value for state in State])),
)

params = st.builds(
    Params,
    st.none() | texts,
    st.none() | st.integers(0, 1000),
    st.booleans(),
    st.none() | texts,
    st.none() | texts,
    st.sampled_from(OPTIONS["verify"].choices),
    st.sampled_from(OPTIONS["if_full"].choices),
    overwrite=st.sampled_from(OPTIONS["overwrite"].choices),
    on_conflict=st.sampled_from(OPTIONS["on_conflict"].choices),
)
forecasts = st.builds(Forecast, numbers, numbers, numbers, numbers)
timings = st.builds(Timing, *[numbers] * 5, st.booleans(), st.lists(forecasts, max_size=3))
orders = st.builds(
    Order,
    texts,
    attempts,
    st.sampled_from(JobType),
    params,
    st.dictionaries(texts, texts, max_size=3),
    st.none() | texts,
    st.none() | texts,
    st.integers(1, 256),
    past=st.lists(timings, max_size=2).map(tuple),
)
results = st.builds(
    Result,
    texts,
    attempts,
    st.sampled_from(["succeeded", "partial", "failed", "stopped"]),
    st.none() | texts,
    texts,
    st.none() | numbers,
    st.none() | numbers,
    progress,
    st.lists(st.builds(Failure, texts, texts, texts, attempts), max_size=3),
    timing=st.none() | timings,
)
