from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TaskStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUCCESS: _ClassVar[TaskStatus]
    FAILURE: _ClassVar[TaskStatus]
    PARTIAL_FAILURE: _ClassVar[TaskStatus]
SUCCESS: TaskStatus
FAILURE: TaskStatus
PARTIAL_FAILURE: TaskStatus

class Block(_message.Message):
    __slots__ = ("block_id", "length", "ufs_path", "offset_in_file", "mount_id")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    UFS_PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_IN_FILE_FIELD_NUMBER: _ClassVar[int]
    MOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    length: int
    ufs_path: str
    offset_in_file: int
    mount_id: int
    def __init__(self, block_id: _Optional[int] = ..., length: _Optional[int] = ..., ufs_path: _Optional[str] = ..., offset_in_file: _Optional[int] = ..., mount_id: _Optional[int] = ...) -> None: ...

class UfsReadOptions(_message.Message):
    __slots__ = ("tag", "position_short", "bandwidth")
    TAG_FIELD_NUMBER: _ClassVar[int]
    POSITION_SHORT_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    tag: str
    position_short: bool
    bandwidth: int
    def __init__(self, tag: _Optional[str] = ..., position_short: _Optional[bool] = ..., bandwidth: _Optional[int] = ...) -> None: ...

class LoadRequest(_message.Message):
    __slots__ = ("blocks", "options")
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    blocks: _containers.RepeatedCompositeFieldContainer[Block]
    options: UfsReadOptions
    def __init__(self, blocks: _Optional[_Iterable[_Union[Block, _Mapping]]] = ..., options: _Optional[_Union[UfsReadOptions, _Mapping]] = ...) -> None: ...

class BlockStatus(_message.Message):
    __slots__ = ("block", "code", "message", "retryable")
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    block: Block
    code: int
    message: str
    retryable: bool
    def __init__(self, block: _Optional[_Union[Block, _Mapping]] = ..., code: _Optional[int] = ..., message: _Optional[str] = ..., retryable: _Optional[bool] = ...) -> None: ...

class LoadResponse(_message.Message):
    __slots__ = ("status", "block_status")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    BLOCK_STATUS_FIELD_NUMBER: _ClassVar[int]
    status: TaskStatus
    block_status: _containers.RepeatedCompositeFieldContainer[BlockStatus]
    def __init__(self, status: _Optional[_Union[TaskStatus, str]] = ..., block_status: _Optional[_Iterable[_Union[BlockStatus, _Mapping]]] = ...) -> None: ...

class RemoveBlockRequest(_message.Message):
    __slots__ = ("block_id",)
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    def __init__(self, block_id: _Optional[int] = ...) -> None: ...

class MoveBlockRequest(_message.Message):
    __slots__ = ("block_id", "medium_type")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_TYPE_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    medium_type: str
    def __init__(self, block_id: _Optional[int] = ..., medium_type: _Optional[str] = ...) -> None: ...

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

class Chunk(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class ReadResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: Chunk
    def __init__(self, chunk: _Optional[_Union[Chunk, _Mapping]] = ...) -> None: ...

class Empty(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
