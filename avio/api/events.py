"""The event stream of a job."""

from contextlib import ExitStack

from flask import Response, request

from avio.api.auth import caller, token
from avio.api.blueprints import blueprint, problems
from avio.api.hang_up import hang_up_of
from avio.api.job_watch import EventStream, parse_mark
from avio.api.jobs import JobPath
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
STREAM = {
    "description": "`snapshot`, then `progress` and `state`, at last `end`; a ping each 15 s.",
    "content": {"text/event-stream": {"schema": EVENT}},
}


@events.get("/jobs/<ulid:id>/events", responses={200: STREAM, **problems(404)})
def follow(path: JobPath, query: Nothing, header: EventsHeader) -> Response:
    """Follow a job until the job ends or the token expires."""
    asks, sent, settings = caller(), token(), services().settings

    # These run while the reply is sent, outside of the request.
    def expires() -> float:
        return accounts.look_up(sent, settings.token_ttl, settings.token_max_age).expires_at

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
        response = Response(iter(stream), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
        response.call_on_close(until_sent.pop_all().close)
    return response
