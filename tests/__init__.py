"""The tests: unit, contract, process, integration, e2e, and house for the repository itself."""
