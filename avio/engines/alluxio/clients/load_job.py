"""Alluxio's own load job: the request that starts it, and its JSON report.

Used by master.py. The request is a Java object as ObjectOutputStream writes it: the master reads it with
ObjectInputStream, so every byte counts. Opens nothing.
"""

import json
import struct
from typing import NamedTuple

from avio.engines.alluxio.proto.master_pb2 import LoadJobOptions

_REQUEST_UID = -4100882786127020489  # of alluxio.job.LoadJobRequest, in all of 2.9
_BYTES_UID = bytes.fromhex("acf317f8060854e0")  # of Java's byte[]

_OBJECT, _CLASS, _ARRAY, _STRING, _LONG_STRING, _NULL = b"s", b"r", b"u", b"t", b"|", b"p"
_END, _NO_PARENT = b"x", b"p"
_SERIALIZABLE = b"\2"
_STRING_CLASS_AGAIN = b"q\0\x7e\0\2"  # refers to the third object in the stream: the type of mPath


class LoadProgress(NamedTuple):
    """A load job of Alluxio's own. `state` is RUNNING, VERIFYING, STOPPED, SUCCEEDED or FAILED.

    `files` and `bytes` are its own counts. Don't trust SUCCEEDED: ask what is cached. There is
    no total, since Alluxio's total grows while it works. `failures` maps a path to its reason, on request.
    """

    state: str
    files: int
    bytes: int
    failed_files: int
    reason: str | None
    failures: dict[str, str]

    @property
    def ended(self) -> bool:
        """Return True if the job has ended or stopped."""
        return self.state in ("STOPPED", "SUCCEEDED", "FAILED")

    @classmethod
    def of_report(cls, report: str) -> "LoadProgress":
        """Return the load job in the report. Alluxio omits null members."""
        told = json.loads(report)
        return cls(
            state=told["mJobState"],
            files=told.get("mProcessedFileCount", 0),
            bytes=told.get("mLoadedByteCount", 0),
            failed_files=told.get("mFailedFileCount", 0),
            reason=told.get("mFailureReason"),
            failures=told.get("mFailedFilesWithReasons") or {},
        )


def load_request(path: str, *, bandwidth: int | None, verify: bool) -> bytes:
    """Return the bytes of `new LoadJobRequest(path, options)`; `bandwidth` is in bytes a second and worker."""
    options = LoadJobOptions(bandwidth=bandwidth, verify=verify).SerializeToString()
    return b"".join(
        (
            b"\xac\xed\0\5",
            _OBJECT,
            _class("alluxio.job.LoadJobRequest", struct.pack(">q", _REQUEST_UID)),
            struct.pack(">H", 2),
            _field("L", "mOptions", _string("Lalluxio/grpc/LoadJobPOptions;")),
            _field("L", "mPath", _string("Ljava/lang/String;")),
            _END + _NO_PARENT,
            # mOptions: a protobuf message is serialized as bytes and the name of its class.
            _OBJECT,
            _class("com.google.protobuf.GeneratedMessageLite$SerializedForm", bytes(8)),
            struct.pack(">H", 3),
            _field("[", "asBytes", _string("[B")),
            _field("L", "messageClass", _string("Ljava/lang/Class;")),
            _field("L", "messageClassName", _STRING_CLASS_AGAIN),
            _END + _NO_PARENT,
            _ARRAY,
            _class("[B", _BYTES_UID),
            struct.pack(">H", 0),
            _END + _NO_PARENT,
            struct.pack(">I", len(options)) + options,
            _NULL,
            _string("alluxio.grpc.LoadJobPOptions"),
            # mPath
            _string(path),
        )
    )


def _class(name: str, uid: bytes) -> bytes:
    return _CLASS + _utf(name) + uid + _SERIALIZABLE


def _field(kind: str, name: str, of_type: bytes) -> bytes:
    return kind.encode() + _utf(name) + of_type


def _string(text: str) -> bytes:
    data = _modified(text)
    if len(data) > 0xFFFF:
        return _LONG_STRING + struct.pack(">Q", len(data)) + data
    return _STRING + struct.pack(">H", len(data)) + data


def _utf(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode("ascii")


def _modified(text: str) -> bytes:
    """Return Java's "modified UTF-8": characters beyond the 16-bit plane as two surrogates of three bytes each."""
    units = struct.unpack(f">{len(text.encode('utf-16-be')) // 2}H", text.encode("utf-16-be"))
    return "".join(map(chr, units)).encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80")
