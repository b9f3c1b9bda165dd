from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MessageType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHALLENGE: _ClassVar[MessageType]
    SUCCESS: _ClassVar[MessageType]

class Scheme(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOSASL: _ClassVar[Scheme]
    SIMPLE: _ClassVar[Scheme]
CHALLENGE: MessageType
SUCCESS: MessageType
NOSASL: Scheme
SIMPLE: Scheme

class SaslMessage(_message.Message):
    __slots__ = ("message_type", "message", "client_id", "authentication_scheme", "channel_ref")
    MESSAGE_TYPE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHENTICATION_SCHEME_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_REF_FIELD_NUMBER: _ClassVar[int]
    message_type: MessageType
    message: bytes
    client_id: str
    authentication_scheme: Scheme
    channel_ref: str
    def __init__(self, message_type: _Optional[_Union[MessageType, str]] = ..., message: _Optional[bytes] = ..., client_id: _Optional[str] = ..., authentication_scheme: _Optional[_Union[Scheme, str]] = ..., channel_ref: _Optional[str] = ...) -> None: ...
