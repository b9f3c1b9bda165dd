"""All mutations, as data: `tests/house` makes sure that each still applies."""

from mutation import (
    cache_map,
    face,
    keeps,
    kubernetes,
    metrics,
    one_transfer,
    page,
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
    *page.MUTANTS,
    *rights.MUTANTS,
    *room.MUTANTS,
    *versions.MUTANTS,
    *webhooks.MUTANTS,
    *kubernetes.MUTANTS,
    *metrics.MUTANTS,
)
