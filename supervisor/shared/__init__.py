"""Shared by keeper, intake and job processes: messages, the spool, exit codes, the heartbeat page."""
