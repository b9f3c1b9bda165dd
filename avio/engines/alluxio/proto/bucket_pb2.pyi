from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OpenUfsBlockOptions(_message.Message):
    __slots__ = ("ufs_path", "offset_in_file", "block_size", "max_ufs_read_concurrency", "mount_id", "no_cache")
    UFS_PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_IN_FILE_FIELD_NUMBER: _ClassVar[int]
    BLOCK_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_UFS_READ_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    MOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    NO_CACHE_FIELD_NUMBER: _ClassVar[int]
    ufs_path: str
    offset_in_file: int
    block_size: int
    max_ufs_read_concurrency: int
    mount_id: int
    no_cache: bool
    def __init__(self, ufs_path: _Optional[str] = ..., offset_in_file: _Optional[int] = ..., block_size: _Optional[int] = ..., max_ufs_read_concurrency: _Optional[int] = ..., mount_id: _Optional[int] = ..., no_cache: _Optional[bool] = ...) -> None: ...

class ReadRequest(_message.Message):
    __slots__ = ("block_id", "offset", "length", "chunk_size", "open_ufs_block_options", "offset_received")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    CHUNK_SIZE_FIELD_NUMBER: _ClassVar[int]
    OPEN_UFS_BLOCK_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    offset: int
    length: int
    chunk_size: int
    open_ufs_block_options: OpenUfsBlockOptions
    offset_received: int
    def __init__(self, block_id: _Optional[int] = ..., offset: _Optional[int] = ..., length: _Optional[int] = ..., chunk_size: _Optional[int] = ..., open_ufs_block_options: _Optional[_Union[OpenUfsBlockOptions, _Mapping]] = ..., offset_received: _Optional[int] = ...) -> None: ...
