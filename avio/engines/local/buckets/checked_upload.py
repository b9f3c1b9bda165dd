"""Sends bytes with their MD5, so that the store itself refuses damaged ones; without it to a store that refuses that.

Used in the job process, by several threads at once.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping

from avio.engines.local.buckets.checksums import UNKNOWN_HEADER
from avio.engines.local.buckets.signed_requests import Reply
from avio.engines.local.buckets.store_facts import StoreFacts
from avio.engines.local.store_codes import may_pass
from avio.engines.local.store_errors import read_refusal

_OTHER_BYTES = ("BadDigest", "InvalidDigest")  # the codes for bytes with another MD5


def send_checked(
    send: Callable[[Mapping[str, str]], Reply], md5: bytes, facts: StoreFacts, *, conditional: bool = False
) -> Reply:
    """Return the reply to `send(headers)`, which sends bytes with this `md5`.

    A store that takes them only without the header is sent none from now on. A `conditional` request may be refused
    for its condition: only a refusal that names the header is one of the header.
    """
    if not facts.takes_md5:
        return send({})
    reply = send({"Content-MD5": b64encode(md5).decode()})
    is_named = b"md5" in reply.body.lower()
    if reply.status not in UNKNOWN_HEADER or (conditional and not is_named):
        return reply
    code = read_refusal(reply.status, reply.body).code
    if code in _OTHER_BYTES or may_pass(code):
        return reply
    again = send({})
    if again.good or (is_named and again.status != reply.status):
        facts.refuse_md5()
        return again
    return reply
