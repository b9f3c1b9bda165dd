"""Without the extra `s3fast` the local engine works on S3, by obstore alone."""

import subprocess
import sys

PROGRAM = """
import sys
sys.modules["pycurl"] = None
from avio.engines.local.buckets.objects import ObjectsBucket
from avio.engines.local.buckets.multiget import MultiGet
from avio.engines.factory import open_engine

options = {"region": "r", "access_key_id": "k", "secret_access_key": "s"}
bucket = ObjectsBucket("s3://b", options)
print(bucket.place, type(bucket._listing).__name__, type(bucket._calls).__name__)
gets = MultiGet()
print(gets.poll(0), gets.close())
open_engine({"engine": "local", "mounts": {"/s3": {"url": "s3://b", "options": options}}, "tiers": []}).close()
"""


def test_without_libcurl_obstore_makes_all_requests() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)

    assert run.stderr == ""
    assert run.stdout.splitlines() == ["None ObstoreListing ObstoreObjects", "[] None"]
