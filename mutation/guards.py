"""All mutations, as data: `tests/house` makes sure that each still applies."""

from mutation import one_transfer, processes, retention, rights, rows, schedules, transport, versions, web, webhooks
from mutation.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *rows.MUTANTS,
    *retention.MUTANTS,
    *schedules.MUTANTS,
    *processes.MUTANTS,
    *one_transfer.MUTANTS,
    *transport.MUTANTS,
    *web.MUTANTS,
    *rights.MUTANTS,
    *versions.MUTANTS,
    *webhooks.MUTANTS,
)
