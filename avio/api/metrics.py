"""/metrics of web, for Prometheus. Who may read it is a setting; nobody else can tell that it is there.

A scrape is cheap and bounded: few at once, and the database is asked by one thread at most each few seconds.
"""

import hmac

from flask import Response, request
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from werkzeug.exceptions import NotFound

from avio.api.blueprints import blueprint, problems, text
from avio.api.services import services
from avio.errors import NotAuthenticated, TooMany

AT_ONCE = 2

metrics = blueprint("metrics", is_open=True)

SCRAPED = text("text/plain", "Metrics in the text format of Prometheus; see docs/metrics.md.")


@metrics.get("/metrics", responses={200: SCRAPED, **problems(401, 404)})
def scrape() -> Response:
    """Show the metrics of the whole server, the same from each worker, and the request times of web."""
    _require_right()
    places = services().scrapes
    if not places.take(None):
        raise TooMany(f"{AT_ONCE} scrapes are under way", cure="scrape less often", retry_after=1)
    try:
        return Response(generate_latest(services().metrics), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    finally:
        places.give_back(None)


def _require_right() -> None:
    settings = services().settings
    if settings.metrics == "off":
        raise NotFound
    if settings.metrics_token is not None:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        if not hmac.compare_digest(sent, settings.metrics_token.get_secret_value().encode()):
            raise NotAuthenticated("no valid token was sent; send Authorization: Bearer <metrics_token>")
