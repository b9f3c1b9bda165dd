"""The content of the cluster and its buckets, in the terms of the engine contract. Moves nothing."""
