"""What the probes of Kubernetes see of real processes: alive, ready, and why not."""

import os
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from avio.admin.probe import probe
from avio.errors import Unavailable
from tests.process.site import Site
from tests.processes import wait_until


def seen(signs: Path, *words: str) -> str:
    """Return what a probe says; "failed" before it if it fails."""
    result = CliRunner().invoke(probe, [*words, "--signs", str(signs)])
    return f"failed: {result.exception.message}" if isinstance(result.exception, Unavailable) else result.output


def test_a_supervisor_is_ready_with_its_lease_and_alive_without(site: Site) -> None:
    signs = site.home / "signs"
    supervisor = site.supervisor(AVIO_SIGNS=str(signs))
    wait_until(lambda: seen(signs, "supervisor", "--ready") == "supervisor is ready\n", 20, "it is ready")

    os.kill(supervisor.intake(), signal.SIGSTOP)  # as if the database did not answer
    wait_until(lambda: "lease was not renewed" in seen(signs, "supervisor", "--ready"), 20, "it is not ready")
    assert seen(signs, "supervisor").startswith("supervisor is alive; not ready: the lease was not renewed in time")

    os.kill(supervisor.intake(), signal.SIGCONT)
    wait_until(lambda: seen(signs, "supervisor", "--ready") == "supervisor is ready\n", 20, "it is ready again")


@pytest.mark.faults
def test_a_frozen_keeper_is_not_alive(site: Site) -> None:
    signs = site.home / "signs"
    supervisor = site.supervisor(AVIO_SIGNS=str(signs))
    wait_until(lambda: seen(signs, "supervisor", "--limit", "6s").startswith("supervisor is"), 20, "it is alive")

    os.kill(supervisor.pid, signal.SIGSTOP)
    wait_until(lambda: "keeper gives no sign" in seen(signs, "supervisor", "--limit", "6s"), 20, "it is not alive")
    os.kill(supervisor.pid, signal.SIGCONT)


def test_an_aggregator_is_ready_while_the_database_answers(site: Site) -> None:
    signs = site.home / "signs"
    site.aggregator(AVIO_SIGNS=str(signs))

    wait_until(lambda: seen(signs, "aggregator", "--ready") == "aggregator is ready\n", 20, "it is ready")
