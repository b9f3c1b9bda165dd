"""The buckets of the local engine: what the URL of a mount opens."""
