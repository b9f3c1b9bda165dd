"""Engines: what answers for a namespace of paths. One folder or file each, behind the contract of base.py."""
