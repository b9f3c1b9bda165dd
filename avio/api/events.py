"""The event stream of a job."""

from flask import Response

from avio.api.asked import EventsHeader, Nothing
from avio.api.auth import caller, login
from avio.api.following import EventStream, parse_mark
from avio.api.jobs import JobPath, find
from avio.api.parts import parts
from avio.api.rooms import problems, room, text
from avio.db.connecting import borrow
from avio.db.models import Job

events = room("events")

STREAM = text("text/event-stream", "`snapshot`, then `progress` and `state`, at last `end`; a ping each 15 s.")


@events.get("/jobs/<ulid:id>/events", responses={200: STREAM, **problems(404)})
def follow(path: JobPath, query: Nothing, header: EventsHeader) -> Response:
    """Follow a job until it or the token ends."""
    find(path.id)
    listener = parts().hub.listen(path.id)
    asks, service = caller(), parts().jobs

    def read() -> Job:
        with borrow():
            return service.get(asks, path.id)

    stream = EventStream(
        find(path.id),
        read,
        listener,
        zone=parts().zone,
        seen=parse_mark(header.last_event_id),
        expires_at=login().expires_at,
    )
    response = Response(iter(stream), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(listener.close)
    return response
