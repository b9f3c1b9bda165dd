"""A real API server of Kubernetes for tests: etcd and kube-apiserver, without a kubelet, a scheduler or controllers.

What pods need of these is not here: none runs. Programs and addresses come from `make test-kubernetes`.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from avio.admin.child_process import die_with_parent
from tests.processes import kept
from tests.servers.ports import free_ports

START_SECONDS = 120.0
ADMIN, GATE_TOKEN = "admin-token", "gate-token"
# The service account of the chart's avio-gate in the namespace `data`, as RBAC sees it.
GATE_USER = "system:serviceaccount:data:rel-avio-gate"


class ApiServer:
    """The server; `kubeconfig` is that of its admin, `gate` that of avio-gate, which RBAC holds to its role."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports = free_ports(["etcd", "peer", "api"])
        self.kubeconfig = directory / "admin.yaml"
        self.gate = directory / "gate.yaml"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        (directory / "tokens.csv").write_text(
            f'{ADMIN},admin,1,"system:masters"\n{GATE_TOKEN},{GATE_USER},2,"system:serviceaccounts"\n'
        )
        key = directory / "sa.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)

    def start(self) -> None:
        """Start both, with what was stored before, and return when the server is ready."""
        self._start(
            "etcd",
            *("etcd", "--data-dir", str(self.directory / "etcd"), "--unsafe-no-fsync"),
            *("--listen-client-urls", self._url("etcd"), "--advertise-client-urls", self._url("etcd")),
            *("--listen-peer-urls", self._url("peer"), "--initial-advertise-peer-urls", self._url("peer")),
            *("--initial-cluster", f"default={self._url('peer')}"),
        )
        self.start_api()

    def start_api(self) -> None:
        """Start the API server alone."""
        d = self.directory
        self._start(
            "api",
            *(os.environ["KUBE_APISERVER"], "--etcd-servers", self._url("etcd")),
            *("--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--service-cluster-ip-range=10.96.0.0/24"),
            *(f"--secure-port={self.ports['api']}", f"--cert-dir={d / 'certs'}", "--authorization-mode=RBAC"),
            *(f"--token-auth-file={d / 'tokens.csv'}", "--service-account-issuer=https://avio.test"),
            *(f"--service-account-key-file={d / 'sa.key'}", f"--service-account-signing-key-file={d / 'sa.key'}"),
            # It would ask for the accounts that a controller makes, and there is none.
            "--disable-admission-plugins=ServiceAccount",
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            with suppress(FileNotFoundError, subprocess.CalledProcessError):
                for file, token in ((self.kubeconfig, ADMIN), (self.gate, GATE_TOKEN)):
                    file.write_text(json.dumps(self._config(token)))
                if self.kubectl("get", "--raw", "/readyz") == "ok":
                    return
            if self._processes["api"].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((d / "api.log").read_text()[-4000:])
            time.sleep(0.5)

    def stop_api(self) -> None:
        """Kill the API server alone."""
        self._kill("api")

    def stop(self) -> None:
        """Kill both."""
        for name in list(self._processes):
            self._kill(name)

    def kubectl(self, *words: str, typed: str = "", config: Path | None = None) -> str:
        """Run kubectl as the admin, or with another configuration; return what it prints."""
        run = subprocess.run(
            ["kubectl", "--kubeconfig", str(config or self.kubeconfig), *words],
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return run.stdout.strip()

    def json(self, *words: str) -> Any:
        """Return what kubectl prints as JSON."""
        return json.loads(self.kubectl(*words, "-o", "json"))

    def _url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def _config(self, token: str) -> dict[str, Any]:
        certificate = self.directory / "certs" / "apiserver.crt"
        certificate.stat()  # the server makes it at its start
        cluster = {"server": f"https://127.0.0.1:{self.ports['api']}", "certificate-authority": str(certificate)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "user", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "user"}}],
            "current-context": "test",
        }

    def _start(self, name: str, *command: str) -> None:
        with open(self.directory / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        self._processes[name] = process
        kept.add(process.pid)

    def _kill(self, name: str) -> None:
        process = self._processes.pop(name)
        process.kill()
        process.wait(10)


@contextmanager
def api_server(directory: Path) -> Iterator[ApiServer]:
    """Run an API server for a block."""
    made = ApiServer(directory)
    try:
        made.start()
        yield made
    finally:
        made.stop()
