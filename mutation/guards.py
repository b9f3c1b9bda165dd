"""All mutations, as data: `tests/house` makes sure that each still applies."""

from mutation import processes, retention, rights, room, rows, schedules, transport, versions, web, webhooks
from mutation.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *rows.MUTANTS,
    *retention.MUTANTS,
    *schedules.MUTANTS,
    *processes.MUTANTS,
    *transport.MUTANTS,
    *web.MUTANTS,
    *rights.MUTANTS,
    *room.MUTANTS,
    *versions.MUTANTS,
    *webhooks.MUTANTS,
)
