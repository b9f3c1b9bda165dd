"""Tests of the avio CLI and its client: a test is a command line, against a stub of the server."""
