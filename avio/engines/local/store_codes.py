"""What the error codes of S3 mean, and what to do about each. A table; used by `store_errors`, in every process."""

from typing import NamedTuple

from avio.errors import AccessDenied, Corrupt, EngineAway, EngineError, Gone, StoreError


class Row(NamedTuple):
    """The error of avio for a code. An empty `cure` leaves the one of the class.

    `{region}` and `{endpoint}` are filled in: such as " to eu-west-1", or nothing if they are unknown.
    """

    error: type[EngineError]
    meaning: str
    cure: str = ""


_RIGHTS = Row(AccessDenied, "the store refuses the key of this mount")
_CLOCK = Row(AccessDenied, "the clock of this node and the store's differ", "set the clock of this node, e.g. with NTP")
_KEY = Row(AccessDenied, "the store does not know the access key of this mount", "correct the mount's access_key_id")
_EXPIRED = Row(
    AccessDenied, "the credentials of this mount have expired", "give the mount new credentials, then restart"
)
_SIGNATURE = Row(
    AccessDenied,
    "the store computes another signature",
    "correct the mount's secret_access_key and region; check that no proxy rewrites requests",
)
_ARCHIVED = Row(
    StoreError, "the object is archived and can't be read", "restore it in the store, then run the job again"
)
_QUOTA = Row(
    StoreError, "the quota of the bucket or its owner is used up", "free some of the bucket or raise its quota"
)
_BUSY = Row(EngineAway, "the store is overloaded")
_BROKEN = Row(EngineAway, "the store has an internal error")
_NO_BUCKET = Row(StoreError, "no such bucket", "create the bucket, or correct the mount's url")
_REGION = Row(
    StoreError,
    "the bucket is in another region",
    "set the mount's option region{region}, and its option endpoint, if it is set, to that region's{endpoint}",
)
_REDIRECT = Row(
    EngineAway, "the store sends elsewhere for now", "wait; if it lasts, set the mount's option endpoint{endpoint}"
)
ELSEWHERE = Row(
    StoreError,
    "the store redirects to another address",
    "set the mount's option endpoint{endpoint}, or find what answers in the store's place, such as a proxy",
)
_RACE = Row(EngineAway, "another write of the object is under way", "find the program that writes to it")
_DIGEST = Row(Corrupt, "the store received other bytes than were sent", "check the network and any proxy to the store")
_GONE = Row(Gone, "the object is not in the bucket any longer")
_LENGTH = Row(
    StoreError,
    "the store wants to know the length of the request",
    "check that no proxy rewrites requests to the store",
)

BY_CODE = {
    "IncompleteBody": Row(EngineAway, "the body of the request came incomplete"),
    "AccessDenied": _RIGHTS,
    "AllAccessDisabled": _RIGHTS,
    "AccountProblem": _RIGHTS,
    "Forbidden": _RIGHTS,
    "InvalidAccessKeyId": _KEY,
    "InvalidTokenId": _KEY,
    "InvalidToken": _EXPIRED,
    "ExpiredToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "RequestExpired": _CLOCK,
    "RequestTimeTooSkewed": _CLOCK,
    "SignatureDoesNotMatch": _SIGNATURE,
    "InvalidSignature": _SIGNATURE,
    "InvalidObjectState": _ARCHIVED,
    "QuotaExceeded": _QUOTA,
    "QuotaExceededException": _QUOTA,
    "XMinioStorageFull": _QUOTA,
    "XMinioAdminBucketQuotaExceeded": _QUOTA,
    "StorageQuotaExceeded": _QUOTA,
    "InsufficientCapacity": _QUOTA,
    "SlowDown": _BUSY,
    "SlowDownRead": _BUSY,
    "SlowDownWrite": _BUSY,
    "TooManyRequests": _BUSY,
    "RequestLimitExceeded": _BUSY,
    "BandwidthLimitExceeded": _BUSY,
    "ServiceUnavailable": _BUSY,
    "ConditionalRequestConflict": _RACE,
    "OperationAborted": _RACE,
    "BadDigest": _DIGEST,
    "InvalidDigest": _DIGEST,
    "RequestTimeout": Row(EngineAway, "the request reached the store too slowly"),
    "InternalError": _BROKEN,
    "NoSuchBucket": _NO_BUCKET,
    "NoSuchKey": _GONE,
    "NoSuchVersion": _GONE,
    "PermanentRedirect": _REGION,
    "TemporaryRedirect": _REDIRECT,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "MissingContentLength": _LENGTH,
}

BY_STATUS = {
    301: _REGION,
    302: ELSEWHERE,
    303: ELSEWHERE,
    307: _REDIRECT,
    308: ELSEWHERE,
    401: _RIGHTS,
    403: _RIGHTS,
    404: _GONE,
    411: _LENGTH,
    429: _BUSY,
    500: _BROKEN,
    503: _BUSY,
    507: _QUOTA,
}


def may_pass(code: str) -> bool:
    """Return True if a refusal with this code says nothing of the request itself: another try may be taken."""
    row = BY_CODE.get(code)
    return row is not None and row.error is EngineAway
