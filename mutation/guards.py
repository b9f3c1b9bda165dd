"""All mutations, as data: `tests/house` makes sure that each still applies."""

from mutation import processes, rows, transport
from mutation.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (*rows.MUTANTS, *processes.MUTANTS, *transport.MUTANTS)
