"""Tells webhooks of the ends of jobs, in threads of their own: a slow receiver holds up nothing else there.

Runs in the aggregator. Any number may run: a try has a lease on its row.
"""

import json
import logging
import threading
import time

import avio
from avio.aggregator.webhook_post import NotSent, Refused, post
from avio.clock import parse_zone
from avio.config import Settings
from avio.db import deliveries, history, users, webhooks
from avio.db.connection import AWAY, borrow
from avio.db.deliveries import Claimed, Tried
from avio.faults import fault
from avio.log import LogPace
from avio.rules.job_event import job_event
from avio.wire.signatures import signature
from avio.wire.webhook_urls import shown_url, site_of

SENDERS = 4
POLL_SECONDS = 1.0
LEASE_SECONDS = 120.0  # longer than any try: DNS, a connection to each address, and the reply
LEAVE_SECONDS = 2.0  # that an end of the aggregator waits for tries under way

# Seconds before the next try, by the number of tries. They are about a day; then the delivery has failed.
BACK_OFF = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800)

GONE = 410  # the receiver asks for no more

log = logging.getLogger(__name__)


class Notifier:
    """The threads that send."""

    def __init__(self, settings: Settings) -> None:
        self._networks = settings.webhook_networks
        self._zone = parse_zone(settings.timezone)
        self._leaving = threading.Event()
        self._pace = LogPace()
        names = (f"webhooks-{number}" for number in range(SENDERS))
        self._threads = [threading.Thread(target=self._run, name=name, daemon=True) for name in names]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def leave(self) -> None:
        """Begin no further try. What is under way after `LEAVE_SECONDS` is tried again after its lease."""
        self._leaving.set()
        end = time.monotonic() + LEAVE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _run(self) -> None:
        while not self._leaving.is_set():
            try:
                if self.deliver():
                    continue
            except AWAY as error:
                if self._pace.is_due(str(error)):
                    log.warning("deliveries wait for the database", extra={"why": str(error)})
            except Exception:
                log.exception("a delivery failed; the others continue")
            self._leaving.wait(POLL_SECONDS)

    def deliver(self) -> bool:
        """Try one due delivery. Return False if there is none."""
        with borrow():
            claimed = deliveries.claim(LEASE_SECONDS)
        if claimed is None:
            return False
        tried, may_help = self._tried(claimed)
        fault("aggregator.before-settle")
        goes_on = tried.error and may_help and claimed.tries <= len(BACK_OFF)
        again_in = BACK_OFF[claimed.tries - 1] if goes_on else None
        with borrow():
            deliveries.settle(claimed, tried, again_in)
        site = tried.url and site_of(tried.url)
        told = {"job": claimed.job, "site": site, "code": tried.code, "why": tried.error, "again_in": again_in}
        (log.warning if tried.error else log.info)("webhook tried", extra=told)
        return True

    def _tried(self, claimed: Claimed) -> tuple[Tried, bool]:
        """Return what `_try` does. A defect is a try that failed, or else the delivery would be tried without end."""
        try:
            return self._try(claimed)
        except AWAY:
            raise
        except Exception as error:
            log.exception("a delivery failed; the others continue")
            return Tried(None, error=f"an error of avio: {type(error).__name__}; the aggregator's log has it"), True

    def _try(self, claimed: Claimed) -> tuple[Tried, bool]:
        """Send what is due. Return how it went, and whether another try may help if it failed."""
        with borrow():
            job = history.find(claimed.job)
            webhook = None if job is None else webhooks.find(job.uid)
            user = None if job is None else users.get(job.uid)
        if job is None or webhook is None:
            return Tried(None, error="the user has no webhook any more, and so no secret to sign with"), False
        if user is None or user.disabled_at is not None:
            return Tried(None, error="the user is disabled"), False
        url = json.loads(job.params).get("notify") or webhook.url
        if url is None:
            return Tried(None, error="the webhook has no URL any more"), False
        now, body = int(time.time()), job_event(job, self._zone)
        headers = {
            "User-Agent": f"avio/{avio.__version__}",
            "Content-Type": "application/json",
            "webhook-id": job.id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(webhook.secret, job.id, now, body),
        }
        shown = shown_url(url)
        try:
            code = post(url, body, headers, self._networks)
        except NotSent as error:
            return Tried(shown, error=str(error)), not isinstance(error, Refused)
        return Tried(shown, code, _why(code)), code != GONE


def _why(code: int) -> str:
    """Return why a status is a failure; "" for one of success."""
    if 200 <= code < 300:
        return ""
    if 300 <= code < 400:
        return f"HTTP {code}: redirects are not followed; set the URL that it leads to"
    return f"HTTP {code}" + (": the receiver asks for no more" if code == GONE else "")
