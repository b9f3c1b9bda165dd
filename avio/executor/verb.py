"""What differs between a preload and a save: which side is listed, how a file is moved, when it is in place.

Runs in the job process; pure.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from avio.engines.base import Engine, Entry, EntryState, Moved, Side
from avio.engines.overwrite import may_spare
from avio.engines.run import Run
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.states import JobType

Mover = Callable[[Iterable[Entry | None], Params, Run], Iterator[Sequence[Moved]]]


@dataclass(frozen=True, slots=True)
class Verb:
    """A preload or a save of one order. `in_place` returns True if an entry is where it is to be.

    `keeps` returns True if the job leaves an entry as it is, and does not count it as in place: the cache has a
    version of its own. `spares` returns True for those of them that an option of the job leaves so. `repeats` is True
    if entries that are in place are moved again.
    """

    side: Side
    params: Params
    move: Mover
    in_place: Callable[[Entry], bool]
    keeps: Callable[[Entry], bool]
    spares: Callable[[Entry], bool] = lambda entry: False
    repeats: bool = False


def verb_of(engine: Engine, order: Order) -> Verb:
    """Return the verb of a preload or save order."""
    params = order.params
    if order.type is JobType.SAVE:

        def spares(entry: Entry) -> bool:
            return engine.spares(entry, params)

        def keeps(entry: Entry) -> bool:
            return _has_nothing_to_save(entry) or spares(entry)

        repeats = params.overwrite == "always"
        verb = Verb(Side.SAVE, params, engine.save_runs, _is_saved, _has_nothing_to_save, repeats=repeats)
        return replace(verb, keeps=keeps, spares=spares) if may_spare(params) else verb
    return Verb(Side.BUCKET, params, engine.preload_runs, lambda entry: engine.holds(entry, params.tier), _is_unsaved)


def _is_saved(entry: Entry) -> bool:
    return entry.saved is True


def _has_nothing_to_save(entry: Entry) -> bool:
    return entry.state in (EntryState.STALE, EntryState.GONE)


def _is_unsaved(entry: Entry) -> bool:
    return entry.state in (EntryState.DIRTY, EntryState.CONFLICT)
