"""The request that starts Alluxio's own load job: a Java object, as Java's ObjectOutputStream writes it.

Used by master.py. The master reads it with ObjectInputStream, so that every byte counts. Opens nothing.
"""

import struct

from avio.engines.alluxio.proto.master_pb2 import LoadJobOptions

_REQUEST_UID = -4100882786127020489  # of alluxio.job.LoadJobRequest, in all of 2.9
_BYTES_UID = bytes.fromhex("acf317f8060854e0")  # of Java's byte[]

_OBJECT, _CLASS, _ARRAY, _STRING, _LONG_STRING, _NULL = b"s", b"r", b"u", b"t", b"|", b"p"
_END, _NO_PARENT = b"x", b"p"
_SERIALIZABLE = b"\2"
_STRING_CLASS_AGAIN = b"q\0\x7e\0\2"  # the third thing written before it: the type of mPath


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
            # mOptions: a protobuf message stands in for itself as bytes, with its class by name.
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
