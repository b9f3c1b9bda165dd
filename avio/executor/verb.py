"""What differs between a preload and a save: which side is listed, how a file is moved, when it is in place.

Runs in the job process; pure.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from avio.engines.base import Engine, Entry, EntryState, Moved, Side
from avio.engines.run import Run
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.states import JobType

Mover = Callable[[Iterable[Entry], Params, Run], Iterator[Moved]]


@dataclass(frozen=True, slots=True)
class Verb:
    """A preload or a save of one order. `in_place` returns True if an entry needs no move.

    `keeps` returns True if the job leaves an entry as it is, and does not count it as in place: the cache has a
    version of its own.
    """

    side: Side
    params: Params
    move: Mover
    in_place: Callable[[Entry], bool]
    keeps: Callable[[Entry], bool]


def verb_of(engine: Engine, order: Order) -> Verb:
    """Return the verb of a preload or save order."""
    params = order.params
    if order.type is JobType.SAVE:
        return Verb(Side.SAVE, params, engine.save, lambda entry: entry.saved is True, _has_nothing_to_save)
    return Verb(Side.BUCKET, params, engine.preload, lambda entry: engine.holds(entry, params.tier), _is_unsaved)


def _has_nothing_to_save(entry: Entry) -> bool:
    return entry.state in (EntryState.STALE, EntryState.GONE)


def _is_unsaved(entry: Entry) -> bool:
    return entry.state in (EntryState.DIRTY, EntryState.CONFLICT)
