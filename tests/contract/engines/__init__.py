"""One suite that every engine passes: what the contract of `avio.engines.base` promises, on real disks and buckets."""
