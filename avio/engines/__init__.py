"""Engines. Each serves a namespace of paths, behind the contract of base.py."""
