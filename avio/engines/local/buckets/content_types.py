"""The content type of an uploaded object, guessed from its name. Used in the job process. Pure."""

from functools import lru_cache
from mimetypes import MimeTypes

# Formats of training data and models that the standard library does not know. Those without a registered type get
# that of plain bytes: a browser then saves them, and a proxy leaves them as they are.
_MORE = {
    ".arrow": "application/vnd.apache.arrow.file",
    ".avro": "application/avro",
    ".feather": "application/vnd.apache.arrow.file",
    ".jsonl": "application/jsonl",
    ".lz4": "application/x-lz4",
    ".md": "text/markdown",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".toml": "application/toml",
    ".webp": "image/webp",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zst": "application/zstd",
}
_ENCODINGS = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
_BYTES = "application/octet-stream"

_types = MimeTypes()  # the machine's own tables would make the type depend on the node
for _ending, _type in _MORE.items():
    _types.add_type(_type, _ending)


def content_type(key: str) -> str:
    """Return the type of the object at `key`. A compressed file has the type of its compression: its bytes are that."""
    return _of_endings(".".join(["_", *key.rpartition("/")[2].rsplit(".", 2)[1:]]))


@lru_cache(maxsize=1024)
def _of_endings(name: str) -> str:
    guessed, encoding = _types.guess_type(name.replace(":", "_"))
    if encoding is not None:
        return _ENCODINGS.get(encoding, _BYTES)
    return guessed or _BYTES
