"""`make alluxio`: a real cluster to try avio on, with a local directory at / and an S3 bucket at /s3, until Ctrl-C.

Everything lies in one temporary directory, which is removed at the end.
"""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path
from textwrap import indent

import obstore

from avio.admin.demo import fill_bucket
from tests.servers.alluxio import Cluster, NoAlluxio, alluxio
from tests.servers.seaweed import S3Server, seaweed

BUCKET = "trial"
OBJECTS = 200
OBJECT_BYTES = 16 << 10

EXPLANATION = """
ready: point a server at it with
  AVIO_CONFIG={config} {program} up
and, while it is up, from another terminal in the same directory, look at both with
  AVIO_CONFIG={config} {program} doctor

{settings}
files of the root:   {ufs}  (what is put there is seen by the next preload of its path)
objects of /s3:      bucket {bucket} at {endpoint}, access key {key}, secret key {secret}
logs:                {logs}
Ctrl-C ends it and removes all of it.
"""


def main() -> None:
    """Run the cluster until a signal; exit 1 with one line where it can't run on this machine."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.alluxio", description=__doc__)
    parser.add_argument("--workers", type=int, default=1, help="workers, each with a job worker (default 1)")
    parser.add_argument("--direct-memory", default="512m", help="of each worker's Java (default 512m)")
    asked = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="avio-alluxio-") as name:
        home = Path(name)
        began = time.monotonic()

        def say(line: str) -> None:
            print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

        try:
            with seaweed(home / "s3") as server:
                say(f"S3 is at work: {server.endpoint}")
                options = {"workers": asked.workers, "direct_memory": asked.direct_memory}
                with alluxio(home / "alluxio", say=say, **options) as cluster:
                    fill(cluster, server)
                    print(explain(home, cluster, server), flush=True)
                    signal.pause()
        except NoAlluxio as error:
            sys.exit(str(error))


def fill(cluster: Cluster, server: S3Server) -> None:
    """Put Python's standard library below the root, objects into the bucket, and mount it."""
    fill_bucket(cluster.ufs / "data")
    server.make_bucket(BUCKET)
    store = server.store(BUCKET)
    for number in range(OBJECTS):
        obstore.put(store, f"shards/{number:05}", number.to_bytes(2, "big") * (OBJECT_BYTES // 2))
    cluster.mount("/s3", server, BUCKET)


def explain(home: Path, cluster: Cluster, server: S3Server) -> str:
    """Write settings for avio into `home`, and return what a person needs to know."""
    config = home / "avio.toml"
    config.write_text(cluster.toml(), encoding="utf-8")
    return EXPLANATION.format(
        config=config,
        program=Path(sys.executable).with_name("avio-server"),
        settings=indent(cluster.toml(), "  "),
        ufs=cluster.ufs,
        bucket=BUCKET,
        endpoint=server.endpoint,
        key=server.options["access_key_id"],
        secret=server.options["secret_access_key"],
        logs=home / "alluxio" / "logs",
    )


if __name__ == "__main__":
    main()
