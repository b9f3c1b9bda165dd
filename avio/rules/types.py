"""The plain types that rules return: rows, entries, and the errors of an unavailable database.

web imports them from here, so that no route imports a query or an engine.
"""

from avio.db.connection import AWAY as DATABASE_AWAY
from avio.db.history import Filter
from avio.db.models import Attempt, FailedFile, FileList, Job, Token, User
from avio.db.order_models import Delivery, Webhook
from avio.db.running import Running
from avio.db.tokens import Login
from avio.engines.base import Engine, Entry, EntryState, Page
from avio.engines.tier import Freed, Tier
from avio.rules.plans import Outlook

__all__ = [
    "DATABASE_AWAY",
    "Attempt",
    "Delivery",
    "Engine",
    "Entry",
    "EntryState",
    "FailedFile",
    "FileList",
    "Filter",
    "Freed",
    "Job",
    "Login",
    "Outlook",
    "Page",
    "Running",
    "Tier",
    "Token",
    "User",
    "Webhook",
]
