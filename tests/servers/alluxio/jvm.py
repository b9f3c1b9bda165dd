"""Java processes with one class path and one set of properties: daemons by name, and commands that are waited for."""

import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from avio.admin.child_process import die_with_parent
from tests.processes import kept
from tests.servers.alluxio.parts import jars, java

RUN_LIMIT = 300.0  # seconds
STOP_LIMIT = 10.0  # seconds
TAIL = 3000  # characters of a log that an error shows

_LOGGING = """\
rootLogger.level=info
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.target=SYSTEM_ERR
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1} %m%n
"""
# The S3 client logs by another library, which without a word from us writes out every header and byte, for nobody.
_CLIENT_LOGGING = """\
log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.target=System.err
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c{1} %m%n
"""


class Jvm:
    """Starts Java with `properties`, in a site file that flags overrule. Logs lie in `directory/logs`.

    Where `names` are given, with the address of each, these processes can resolve them and no others.
    """

    def __init__(self, directory: Path, properties: Mapping[str, str], names: Mapping[str, str]) -> None:
        conf, self._logs = directory / "conf", directory / "logs"
        for folder in (conf, self._logs, directory / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        (conf / "alluxio-site.properties").write_text("".join(f"{key}={text}\n" for key, text in properties.items()))
        (conf / "log4j2.properties").write_text(_LOGGING)
        (conf / "log4j.properties").write_text(_CLIENT_LOGGING)
        self._command = [
            str(java()),
            *("-cp", f"{conf}:{jars()}/*"),
            f"-Dalluxio.conf.dir={conf}",
            f"-Dalluxio.home={directory}",
            f"-Dalluxio.logs.dir={self._logs}",  # refused in the site file
            f"-Dlog4j2.configurationFile={conf}/log4j2.properties",
            "-Djava.net.preferIPv4Stack=true",
            f"-Djava.io.tmpdir={directory}/tmp",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",  # files in /tmp that a kill leaves behind
        ]
        if names:
            names = {"localhost": "127.0.0.1", socket.gethostname(): "127.0.0.1", **names}
            (conf / "hosts").write_text("".join(f"{address} {name}\n" for name, address in names.items()))
            self._command.append(f"-Djdk.net.hosts.file={conf}/hosts")
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start a daemon; it dies with us."""
        assert name not in self._daemons, f"{name} runs"
        with open(self.log(name), "ab") as output:
            process = subprocess.Popen(
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        self._daemons[name] = process
        kept.add(process.pid)

    def run(self, arguments: Sequence[str]) -> str:
        """Run a command to its end and return what it prints; CalledProcessError when it fails."""
        done = subprocess.run(
            [*self._command, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_LIMIT,
            check=True,
        )
        return done.stdout

    def kill(self, name: str) -> None:
        """End a daemon with SIGKILL."""
        process = self._daemons.pop(name)
        process.kill()
        process.wait(STOP_LIMIT)
        kept.discard(process.pid)

    def stop(self) -> None:
        """End all daemons: what they hold is thrown away."""
        for process in self._daemons.values():
            process.kill()
        for name in [*self._daemons]:
            self.kill(name)

    def pid(self, name: str) -> int:
        """Return the pid of a daemon."""
        return self._daemons[name].pid

    def log(self, name: str) -> Path:
        """Return the log of a daemon."""
        return self._logs / f"{name}.log"

    def tail(self, name: str) -> str:
        """Return the end of a daemon's log."""
        return self.log(name).read_text(errors="replace")[-TAIL:]

    def assert_alive(self, name: str) -> None:
        """Fail with the end of its log when a daemon has ended."""
        assert self._daemons[name].poll() is None, f"{name} ended: {self.tail(name)}"
