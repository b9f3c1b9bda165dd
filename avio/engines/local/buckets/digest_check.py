"""Compares the bytes of a file with the digests of an object: no download, and no guess where they prove nothing.

Used in the job process, by several threads at once.
"""

from avio.engines.cancel import check_cancelled
from avio.engines.content import Content
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.content_proof import Proof, outweighs, proof_by, proof_of
from avio.engines.local.buckets.etags import is_digest, is_etag_of
from avio.engines.local.buckets.file_chunks import chunks_of
from avio.engines.local.buckets.store_calls import StoreCalls
from avio.engines.run import Run


def compare(calls: StoreCalls, source: Source, cached: int, part_bytes: int, run: Run, *, etags: bool) -> bool | None:
    """Return True if the open file `cached` has the bytes of `source`, False if it has others, None if nothing tells.

    An ETag that agrees costs no request. Otherwise the store is asked for its checksum, and whether its ETag may be
    no digest. The parts of an upload have `part_bytes`, or a usual size of other programs. Without `etags`, ETags are
    made from no bytes. Raises Gone and SourceChanged if `source` is no longer there.
    """

    def check(size: int) -> None:
        check_cancelled(run)
        run.checked(size)

    def verdict(proof: Proof) -> Content | None:
        for chunk in chunks_of(cached):
            check(len(chunk))
            proof.update(chunk)
        return proof.verdict()

    etag = source.etag if etags else None
    if is_digest(etag) and is_etag_of(etag, cached, part_bytes, check):
        return True
    proof = proof_of(etag, source.size)
    if (checksum := calls.checksum(source, needed=True)) is not None and outweighs(checksum, proof):
        proof = proof_by(checksum)
        if not proof.is_guess:
            return verdict(proof) is Content.PROVED
    if proof is None:
        return None
    if proof.is_guess:
        return True if verdict(proof) is Content.PROVED else None
    return None if calls.encrypts(source) else False
