"""All mutations, as data: `tests/house` makes sure that each still applies."""

from mutation import processes, retention, rights, rows, transport, web, webhooks
from mutation.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *rows.MUTANTS,
    *retention.MUTANTS,
    *processes.MUTANTS,
    *transport.MUTANTS,
    *web.MUTANTS,
    *rights.MUTANTS,
    *webhooks.MUTANTS,
)
