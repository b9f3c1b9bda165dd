"""Which error of avio an answer of Alluxio is, in the words of real answers."""

import pytest

from avio.engines.alluxio.clients.errors import Refused, of_code
from avio.errors import AccessDenied


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("PERMISSION_DENIED", "AccessDenied:Access Denied."),
        (
            "UNKNOWN",
            "java.util.concurrent.ExecutionException: alluxio.underfs.s3a.AlluxioS3Exception: AccessDenied:Denied",
        ),
        ("PERMISSION_DENIED", "InvalidAccessKeyId:The AWS Access Key Id you provided does not exist in our records."),
    ],
)
def test_a_bucket_that_refuses_a_mounts_key_is_not_taken_for_alluxios_own_rights(code: str, message: str) -> None:
    error = of_code(code, message, "the Alluxio master, GetStatus")

    assert isinstance(error, AccessDenied)
    assert "key of Alluxio's mount" in error.cure
    assert "[alluxio]" not in error.cure


def test_alluxios_own_denial_names_its_user() -> None:
    message = "Permission denied: user=bob, access=r--, path=/a, failed at a, inode owner=root, group=root, mode=700"

    error = of_code("PERMISSION_DENIED", message, "the Alluxio master, GetStatus")

    assert isinstance(error, AccessDenied)
    assert "user in [alluxio]" in error.cure


def test_other_errors_of_a_bucket_stay_refusals() -> None:
    assert isinstance(of_code("UNKNOWN", "AlluxioS3Exception: InternalError:We failed", "x"), Refused)
