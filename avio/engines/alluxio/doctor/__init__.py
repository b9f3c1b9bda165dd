"""The findings of `avio-server doctor` about a cluster. Read-only."""
