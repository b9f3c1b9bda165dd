"""libcurl with its certificates, from the extra `s3fast`. Without them obstore alone makes the requests to S3.

Used in web, intake and the job process. Without them nobody opens an `S3Place`, so that no module uses the names.
"""

from typing import Any

try:
    import certifi as certifi
    import pycurl as pycurl
except ModuleNotFoundError:
    absent: Any = None
    certifi = pycurl = absent

IS_INSTALLED = pycurl is not None
