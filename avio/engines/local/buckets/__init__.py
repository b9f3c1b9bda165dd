"""The buckets of the local engine: what a mount's URL leads to."""
