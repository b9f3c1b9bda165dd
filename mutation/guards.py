"""All mutations, as data: `tests/house` makes sure that each still applies."""

from mutation import (
    cache_map,
    face,
    keeps,
    one_transfer,
    processes,
    retention,
    rights,
    room,
    rows,
    schedules,
    transport,
    versions,
    web,
    webhooks,
)
from mutation.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *rows.MUTANTS,
    *retention.MUTANTS,
    *schedules.MUTANTS,
    *keeps.MUTANTS,
    *cache_map.MUTANTS,
    *face.MUTANTS,
    *processes.MUTANTS,
    *one_transfer.MUTANTS,
    *transport.MUTANTS,
    *web.MUTANTS,
    *rights.MUTANTS,
    *room.MUTANTS,
    *versions.MUTANTS,
    *webhooks.MUTANTS,
)
