"""The event streams: of one job, and of all jobs of the caller."""

from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack

from flask import Response, request

from avio.api.all_watch import OPEN_MAX, AllJobsStream, Rows
from avio.api.auth import caller, token
from avio.api.blueprints import blueprint, problems
from avio.api.hang_up import hang_up_of
from avio.api.job_watch import EventStream, parse_mark
from avio.api.jobs import JobPath
from avio.api.news import News
from avio.api.requests import EventsHeader, Nothing
from avio.api.services import services
from avio.rules import accounts, history
from avio.rules.types import Job

events = blueprint("events")

# The schema is of one event: OpenAPI 3.1 has none for a stream.
EVENT = {
    "type": "object",
    "required": ["event", "id", "data"],
    "properties": {
        "event": {"enum": ["snapshot", "progress", "state", "end"]},
        "id": {"type": "string", "pattern": "^[0-9]+-[0-9]+$"},
        "data": {"type": "string", "description": "JSON"},
    },
}
ALL_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["snapshot", "state", "progress", "end"]},
        "data": {"type": "string", "description": "JSON"},
    },
}
ALL_STREAM = {
    "description": "`snapshot`, then `state`, `progress` and `end` of any job; a ping each 15 s.",
    "content": {"text/event-stream": {"schema": ALL_EVENT}},
}
STREAM = {
    "description": "`snapshot`, then `progress` and `state`, at last `end`; a ping each 15 s.",
    "content": {"text/event-stream": {"schema": EVENT}},
}


@events.get("/jobs/<ulid:id>/events", responses={200: STREAM, **problems(404)})
def follow(path: JobPath, query: Nothing, header: EventsHeader) -> Response:
    """Follow a job until the job ends or the token expires."""
    asks, expires = caller(), _expires()

    # This runs while the reply is sent, outside of the request.
    def read() -> Job:
        expires()
        return history.get(asks, path.id)

    read()
    with ExitStack() as until_sent:  # whatever fails before the reply begins, the place is given back
        listener = services().hub.listen(path.id, asks.uid)
        until_sent.callback(listener.close)
        stream = EventStream(
            read(),
            read,
            listener,
            zone=services().zone,
            seen=parse_mark(header.last_event_id),
            expires=expires,
            has_hung_up=hang_up_of(request.environ),
        )
        return _streamed(stream, until_sent)


@events.get("/events", responses={200: ALL_STREAM})
def follow_all(query: Nothing) -> Response:
    """Follow all jobs of the caller, for an admin those of all users, until the token expires."""
    asks, expires = caller(), _expires()

    # These run while the reply is sent, outside of the request.
    def not_ended() -> list[Job]:
        expires()
        return history.not_ended(asks, OPEN_MAX)

    def of_ids(jobs: Collection[str]) -> list[Job]:
        expires()
        return history.of_ids(asks, jobs)

    with ExitStack() as until_sent:  # whatever fails before the reply begins, the place is given back
        news = News(services().hub, asks.uid)
        services().hub.admit(news)
        until_sent.callback(news.close)
        stream = AllJobsStream(
            Rows(not_ended, of_ids),
            news,
            zone=services().zone,
            expires=expires,
            has_hung_up=hang_up_of(request.environ),
        )
        return _streamed(stream, until_sent)


def _expires() -> Callable[[], float]:
    """Return a function that looks at the token of this request, which renews it, and returns its end."""
    sent, settings = token(), services().settings
    return lambda: accounts.look_up(sent, settings.token_ttl, settings.token_max_age).expires_at


def _streamed(stream: Iterable[str], until_sent: ExitStack) -> Response:
    response = Response(iter(stream), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(until_sent.pop_all().close)
    return response
