"""Keeps these tests out of all other runs: the schemas of Kubernetes take a second to load."""

import pytest


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Load nothing here unless the run asks for it: -m chart."""
    return None if config.option.markexpr == "chart" else True
