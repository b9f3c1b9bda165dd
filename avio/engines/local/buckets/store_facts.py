"""What the store of one bucket is known to do. The first small upload tells; it is checked by HEAD before and after.

The settings say whether its ETags are digests, and its replies whether it tells checksums.

Used in the job process, by several threads at once.
"""

import logging

from avio.engines.local.buckets.content_proof import Proof, proof_of

log = logging.getLogger(__name__)

FIRST_UPLOADS = 3  # that are looked at, and tell nothing: a lesson costs three requests
HEADS_IN_VAIN = 3  # HEADs for a checksum, none of which told one; then only objects without a digest are asked for
CHECKSUM_REFUSALS = 3  # in a row, of requests that pass without asking for a checksum; one may come from anything
MAX_LESSONS = 16  # lessons without a result, after which every upload of the process is looked at


class StoreFacts:
    """Whether a store takes and obeys conditional writes, and whether its reply to a PUT can be believed.

    `conditions` is False after a store refused a conditional write. `obeys_absent`, `obeys_match` and `digests` are
    None until they are known: whether it obeys If-None-Match and If-Match, and whether the ETag in its reply to a PUT
    is the MD5 of the bytes and the ETag that it shows of the object later. `reply_seconds` is how long it then took to
    answer a PUT. `etags` is False if the settings say that its ETags are made from no bytes.
    `checksums` is False after it refused to be asked for them several times; `refusals` counts those in a row.
    `takes_md5` is False after it refused one with an upload.
    """

    def __init__(self, name: str, *, etags: bool = True) -> None:
        self._name = name
        self.etags = etags
        self.checksums = True
        self.takes_md5 = True
        self.heads_in_vain = 0
        self.refusals = 0
        self.conditions = True
        self.obeys_absent: bool | None = None
        self.obeys_match: bool | None = None
        self.reply_seconds = 0.0
        self.digests: bool | None = None if etags else False
        self.lesson: str | None = None  # the key of the upload that is to tell
        self._uploads = 0

    @property
    def remarks(self) -> list[str]:
        """What is weaker here, in words for the message of a job."""
        if self.conditions and self.takes_md5 and self.digests is not False:
            return []
        found = [] if self.conditions else [f"{self._name} has no conditional writes"]
        found += [] if self.takes_md5 else [f"{self._name} takes no MD5 with an upload"]
        return [*found, f"{self._name} shows no MD5 of uploaded bytes"] if self.digests is False else found

    @property
    def undecided(self) -> bool:
        """Return True if another upload that is looked at may tell whether the next ones need that."""
        known = self.obeys_absent is not None and self.obeys_match is not None
        hopeless = self.digests is False or not self.conditions
        return not (known or hopeless) and self._uploads < FIRST_UPLOADS + MAX_LESSONS

    @property
    def all_wait(self) -> bool:
        """Return True while a lesson may tell how to upload new files."""
        return self.undecided and self.obeys_absent is None

    def begin_lesson(self, key: str) -> bool:
        """Count the upload of a small file. Return True if it is to tell: a save of a few files is not worth that."""
        self._uploads += 1
        if self._uploads <= FIRST_UPLOADS:
            return False
        self.lesson = key
        return True

    def learn_digests(self, *, true: bool) -> None:
        """Take whether the ETag of an upload was the MD5 of its bytes. Log once what is weaker."""
        if not true and self.digests is not False:
            log.warning(
                "%s shows no MD5 of uploaded bytes, as a store that encrypts: avio sends an MD5 that the store checks, "
                "and looks at each object right after its upload",
                self._name,
            )
        self.digests = true

    def proof(self, etag: str | None, size: int) -> Proof | None:
        """Return the proof of an object by its ETag, None if that proves nothing."""
        return proof_of(etag, size) if self.etags else None

    def take_checksums(self) -> None:
        """Note that the store takes to be asked for checksums."""
        self.refusals = 0

    def refuse_checksums(self) -> None:
        """Count a refused request that passes without asking for a checksum. After several in a row, ask for none."""
        self.refusals += 1
        if self.checksums and self.refusals >= CHECKSUM_REFUSALS:
            self.checksums = False
            log.info("%s refuses to be asked for checksums: ETags alone prove bytes", self._name)

    def refuse_md5(self) -> None:
        """Send no MD5 with an upload from now on. Log once what is weaker."""
        if self.takes_md5:
            self.takes_md5 = False
            log.warning(
                "%s takes no MD5 with an upload, so that it stores damaged bytes: avio compares each ETag",
                self._name,
            )

    def give_up_conditions(self) -> None:
        """Do without conditional writes from now on. Log once what is weaker."""
        if self.conditions:
            self.conditions = False
            log.warning(
                "%s has no conditional writes: avio looks at each object right before and after its upload; "
                "what another program writes in between is lost",
                self._name,
            )
