from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LoadMetadataType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NEVER: _ClassVar[LoadMetadataType]
    ONCE: _ClassVar[LoadMetadataType]
    ALWAYS: _ClassVar[LoadMetadataType]

class ReportFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEXT: _ClassVar[ReportFormat]
    JSON: _ClassVar[ReportFormat]

class DescendantType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NONE: _ClassVar[DescendantType]
    ONE: _ClassVar[DescendantType]
    ALL: _ClassVar[DescendantType]

class SyncState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SYNC_UNKNOWN: _ClassVar[SyncState]
    SYNC_RUNNING: _ClassVar[SyncState]
    SYNC_SUCCEEDED: _ClassVar[SyncState]
    SYNC_FAILED: _ClassVar[SyncState]
    SYNC_CANCELED: _ClassVar[SyncState]
NEVER: LoadMetadataType
ONCE: LoadMetadataType
ALWAYS: LoadMetadataType
TEXT: ReportFormat
JSON: ReportFormat
NONE: DescendantType
ONE: DescendantType
ALL: DescendantType
SYNC_UNKNOWN: SyncState
SYNC_RUNNING: SyncState
SYNC_SUCCEEDED: SyncState
SYNC_FAILED: SyncState
SYNC_CANCELED: SyncState

class CommonOptions(_message.Message):
    __slots__ = ("sync_interval_ms",)
    SYNC_INTERVAL_MS_FIELD_NUMBER: _ClassVar[int]
    sync_interval_ms: int
    def __init__(self, sync_interval_ms: _Optional[int] = ...) -> None: ...

class WorkerAddress(_message.Message):
    __slots__ = ("host", "rpc_port")
    HOST_FIELD_NUMBER: _ClassVar[int]
    RPC_PORT_FIELD_NUMBER: _ClassVar[int]
    host: str
    rpc_port: int
    def __init__(self, host: _Optional[str] = ..., rpc_port: _Optional[int] = ...) -> None: ...

class BlockLocation(_message.Message):
    __slots__ = ("worker_id", "worker_address", "tier_alias", "medium_type")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    WORKER_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    TIER_ALIAS_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_TYPE_FIELD_NUMBER: _ClassVar[int]
    worker_id: int
    worker_address: WorkerAddress
    tier_alias: str
    medium_type: str
    def __init__(self, worker_id: _Optional[int] = ..., worker_address: _Optional[_Union[WorkerAddress, _Mapping]] = ..., tier_alias: _Optional[str] = ..., medium_type: _Optional[str] = ...) -> None: ...

class BlockInfo(_message.Message):
    __slots__ = ("block_id", "length", "locations")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    length: int
    locations: _containers.RepeatedCompositeFieldContainer[BlockLocation]
    def __init__(self, block_id: _Optional[int] = ..., length: _Optional[int] = ..., locations: _Optional[_Iterable[_Union[BlockLocation, _Mapping]]] = ...) -> None: ...

class FileBlockInfo(_message.Message):
    __slots__ = ("block_info", "offset")
    BLOCK_INFO_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    block_info: BlockInfo
    offset: int
    def __init__(self, block_info: _Optional[_Union[BlockInfo, _Mapping]] = ..., offset: _Optional[int] = ...) -> None: ...

class FileInfo(_message.Message):
    __slots__ = ("path", "ufs_path", "length", "block_size_bytes", "completed", "folder", "pinned", "last_modification_time_ms", "persistence_state", "mount_point", "file_block_infos", "mount_id", "in_alluxio_percentage", "ufs_fingerprint")
    PATH_FIELD_NUMBER: _ClassVar[int]
    UFS_PATH_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    BLOCK_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    LAST_MODIFICATION_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    PERSISTENCE_STATE_FIELD_NUMBER: _ClassVar[int]
    MOUNT_POINT_FIELD_NUMBER: _ClassVar[int]
    FILE_BLOCK_INFOS_FIELD_NUMBER: _ClassVar[int]
    MOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    IN_ALLUXIO_PERCENTAGE_FIELD_NUMBER: _ClassVar[int]
    UFS_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    path: str
    ufs_path: str
    length: int
    block_size_bytes: int
    completed: bool
    folder: bool
    pinned: bool
    last_modification_time_ms: int
    persistence_state: str
    mount_point: bool
    file_block_infos: _containers.RepeatedCompositeFieldContainer[FileBlockInfo]
    mount_id: int
    in_alluxio_percentage: int
    ufs_fingerprint: str
    def __init__(self, path: _Optional[str] = ..., ufs_path: _Optional[str] = ..., length: _Optional[int] = ..., block_size_bytes: _Optional[int] = ..., completed: _Optional[bool] = ..., folder: _Optional[bool] = ..., pinned: _Optional[bool] = ..., last_modification_time_ms: _Optional[int] = ..., persistence_state: _Optional[str] = ..., mount_point: _Optional[bool] = ..., file_block_infos: _Optional[_Iterable[_Union[FileBlockInfo, _Mapping]]] = ..., mount_id: _Optional[int] = ..., in_alluxio_percentage: _Optional[int] = ..., ufs_fingerprint: _Optional[str] = ...) -> None: ...

class GetStatusOptions(_message.Message):
    __slots__ = ("load_metadata_type", "common_options", "update_timestamps")
    LOAD_METADATA_TYPE_FIELD_NUMBER: _ClassVar[int]
    COMMON_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIMESTAMPS_FIELD_NUMBER: _ClassVar[int]
    load_metadata_type: LoadMetadataType
    common_options: CommonOptions
    update_timestamps: bool
    def __init__(self, load_metadata_type: _Optional[_Union[LoadMetadataType, str]] = ..., common_options: _Optional[_Union[CommonOptions, _Mapping]] = ..., update_timestamps: _Optional[bool] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: GetStatusOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[GetStatusOptions, _Mapping]] = ...) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("file_info",)
    FILE_INFO_FIELD_NUMBER: _ClassVar[int]
    file_info: FileInfo
    def __init__(self, file_info: _Optional[_Union[FileInfo, _Mapping]] = ...) -> None: ...

class ListStatusOptions(_message.Message):
    __slots__ = ("load_metadata_type", "common_options", "recursive", "load_metadata_only", "disable_are_descendants_loaded_check", "exclude_mount_info")
    LOAD_METADATA_TYPE_FIELD_NUMBER: _ClassVar[int]
    COMMON_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    LOAD_METADATA_ONLY_FIELD_NUMBER: _ClassVar[int]
    DISABLE_ARE_DESCENDANTS_LOADED_CHECK_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_MOUNT_INFO_FIELD_NUMBER: _ClassVar[int]
    load_metadata_type: LoadMetadataType
    common_options: CommonOptions
    recursive: bool
    load_metadata_only: bool
    disable_are_descendants_loaded_check: bool
    exclude_mount_info: bool
    def __init__(self, load_metadata_type: _Optional[_Union[LoadMetadataType, str]] = ..., common_options: _Optional[_Union[CommonOptions, _Mapping]] = ..., recursive: _Optional[bool] = ..., load_metadata_only: _Optional[bool] = ..., disable_are_descendants_loaded_check: _Optional[bool] = ..., exclude_mount_info: _Optional[bool] = ...) -> None: ...

class ListStatusRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: ListStatusOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[ListStatusOptions, _Mapping]] = ...) -> None: ...

class ListStatusResponse(_message.Message):
    __slots__ = ("file_infos",)
    FILE_INFOS_FIELD_NUMBER: _ClassVar[int]
    file_infos: _containers.RepeatedCompositeFieldContainer[FileInfo]
    def __init__(self, file_infos: _Optional[_Iterable[_Union[FileInfo, _Mapping]]] = ...) -> None: ...

class ListStatusPartialOptions(_message.Message):
    __slots__ = ("options", "start_after", "batch_size")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    START_AFTER_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    options: ListStatusOptions
    start_after: str
    batch_size: int
    def __init__(self, options: _Optional[_Union[ListStatusOptions, _Mapping]] = ..., start_after: _Optional[str] = ..., batch_size: _Optional[int] = ...) -> None: ...

class ListStatusPartialRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: ListStatusPartialOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[ListStatusPartialOptions, _Mapping]] = ...) -> None: ...

class ListStatusPartialResponse(_message.Message):
    __slots__ = ("file_infos", "is_truncated")
    FILE_INFOS_FIELD_NUMBER: _ClassVar[int]
    IS_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    file_infos: _containers.RepeatedCompositeFieldContainer[FileInfo]
    is_truncated: bool
    def __init__(self, file_infos: _Optional[_Iterable[_Union[FileInfo, _Mapping]]] = ..., is_truncated: _Optional[bool] = ...) -> None: ...

class FreeOptions(_message.Message):
    __slots__ = ("recursive",)
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    recursive: bool
    def __init__(self, recursive: _Optional[bool] = ...) -> None: ...

class FreeRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: FreeOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[FreeOptions, _Mapping]] = ...) -> None: ...

class MountPointInfo(_message.Message):
    __slots__ = ("ufs_uri", "read_only", "mount_id")
    UFS_URI_FIELD_NUMBER: _ClassVar[int]
    READ_ONLY_FIELD_NUMBER: _ClassVar[int]
    MOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    ufs_uri: str
    read_only: bool
    mount_id: int
    def __init__(self, ufs_uri: _Optional[str] = ..., read_only: _Optional[bool] = ..., mount_id: _Optional[int] = ...) -> None: ...

class GetMountTableRequest(_message.Message):
    __slots__ = ("check_ufs",)
    CHECK_UFS_FIELD_NUMBER: _ClassVar[int]
    check_ufs: bool
    def __init__(self, check_ufs: _Optional[bool] = ...) -> None: ...

class GetMountTableResponse(_message.Message):
    __slots__ = ("mount_points",)
    class MountPointsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: MountPointInfo
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[MountPointInfo, _Mapping]] = ...) -> None: ...
    MOUNT_POINTS_FIELD_NUMBER: _ClassVar[int]
    mount_points: _containers.MessageMap[str, MountPointInfo]
    def __init__(self, mount_points: _Optional[_Mapping[str, MountPointInfo]] = ...) -> None: ...

class ScheduleAsyncPersistenceRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class SubmitJobRequest(_message.Message):
    __slots__ = ("request_body",)
    REQUEST_BODY_FIELD_NUMBER: _ClassVar[int]
    request_body: bytes
    def __init__(self, request_body: _Optional[bytes] = ...) -> None: ...

class SubmitJobResponse(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class LoadJobOptions(_message.Message):
    __slots__ = ("bandwidth", "verify")
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    VERIFY_FIELD_NUMBER: _ClassVar[int]
    bandwidth: int
    verify: bool
    def __init__(self, bandwidth: _Optional[int] = ..., verify: _Optional[bool] = ...) -> None: ...

class JobDescription(_message.Message):
    __slots__ = ("type", "path")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    type: str
    path: str
    def __init__(self, type: _Optional[str] = ..., path: _Optional[str] = ...) -> None: ...

class JobProgressOptions(_message.Message):
    __slots__ = ("format", "verbose")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    VERBOSE_FIELD_NUMBER: _ClassVar[int]
    format: ReportFormat
    verbose: bool
    def __init__(self, format: _Optional[_Union[ReportFormat, str]] = ..., verbose: _Optional[bool] = ...) -> None: ...

class GetJobProgressRequest(_message.Message):
    __slots__ = ("job_description", "options")
    JOB_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    job_description: JobDescription
    options: JobProgressOptions
    def __init__(self, job_description: _Optional[_Union[JobDescription, _Mapping]] = ..., options: _Optional[_Union[JobProgressOptions, _Mapping]] = ...) -> None: ...

class GetJobProgressResponse(_message.Message):
    __slots__ = ("progress_report",)
    PROGRESS_REPORT_FIELD_NUMBER: _ClassVar[int]
    progress_report: str
    def __init__(self, progress_report: _Optional[str] = ...) -> None: ...

class StopJobRequest(_message.Message):
    __slots__ = ("job_description",)
    JOB_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    job_description: JobDescription
    def __init__(self, job_description: _Optional[_Union[JobDescription, _Mapping]] = ...) -> None: ...

class StopJobResponse(_message.Message):
    __slots__ = ("job_stopped",)
    JOB_STOPPED_FIELD_NUMBER: _ClassVar[int]
    job_stopped: bool
    def __init__(self, job_stopped: _Optional[bool] = ...) -> None: ...

class SyncMetadataOptions(_message.Message):
    __slots__ = ("load_descendant_type",)
    LOAD_DESCENDANT_TYPE_FIELD_NUMBER: _ClassVar[int]
    load_descendant_type: DescendantType
    def __init__(self, load_descendant_type: _Optional[_Union[DescendantType, str]] = ...) -> None: ...

class SyncMetadataRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: SyncMetadataOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[SyncMetadataOptions, _Mapping]] = ...) -> None: ...

class SyncMetadataTask(_message.Message):
    __slots__ = ("state", "exception", "success_op_count", "task_stat_string")
    class Exception(_message.Message):
        __slots__ = ("exception_type", "exception_message")
        EXCEPTION_TYPE_FIELD_NUMBER: _ClassVar[int]
        EXCEPTION_MESSAGE_FIELD_NUMBER: _ClassVar[int]
        exception_type: str
        exception_message: str
        def __init__(self, exception_type: _Optional[str] = ..., exception_message: _Optional[str] = ...) -> None: ...
    STATE_FIELD_NUMBER: _ClassVar[int]
    EXCEPTION_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_OP_COUNT_FIELD_NUMBER: _ClassVar[int]
    TASK_STAT_STRING_FIELD_NUMBER: _ClassVar[int]
    state: SyncState
    exception: SyncMetadataTask.Exception
    success_op_count: int
    task_stat_string: str
    def __init__(self, state: _Optional[_Union[SyncState, str]] = ..., exception: _Optional[_Union[SyncMetadataTask.Exception, _Mapping]] = ..., success_op_count: _Optional[int] = ..., task_stat_string: _Optional[str] = ...) -> None: ...

class SyncMetadataResponse(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: _containers.RepeatedCompositeFieldContainer[SyncMetadataTask]
    def __init__(self, task: _Optional[_Iterable[_Union[SyncMetadataTask, _Mapping]]] = ...) -> None: ...

class Empty(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
