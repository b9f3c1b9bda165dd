"""The guards of the page and of its event stream."""

from mutation.mutant import mutant

API = "tests/integration/api/"

MUTANTS = (
    mutant(
        "the page loads from its own server alone",
        "avio/api/page/page_routes.py",
        ("POLICY = \"default-src 'self'", 'POLICY = "default-src *'),
        tests=f"{API}test_http_page.py -k own_server",
    ),
    mutant(
        "the API keeps the policy that allows nothing",
        "avio/api/headers.py",
        ("\"default-src 'none'; frame-ancestors 'none'\"", "\"default-src 'self'\""),
        tests=f"{API}test_http_page.py -k allows_nothing",
    ),
    mutant(
        "a file of the page is asked for each time",
        "avio/api/page/page_routes.py",
        ('response.headers["Cache-Control"] = "no-cache"', 'response.headers["Cache-Control"] = "max-age=3600"'),
        tests=f"{API}test_http_page.py -k has_changed",
    ),
    mutant(
        "a packed file has a tag of its own",
        "avio/api/page/page_routes.py",
        ("{'-gzip' * is_packed}", ""),
        tests=f"{API}test_http_page.py -k another_tag",
    ),
    mutant(
        "the page needs no place",
        "avio/api/request_places.py",
        (" | page_rules.RULES", ""),
        tests=f"{API}test_http_page.py -k places_of_strangers",
    ),
    mutant(
        "nobody is told of jobs of others",
        "avio/rules/history.py",
        ("history.of_ids(jobs, None if caller.may(Right.OTHERS_JOBS) else caller.uid)", "history.of_ids(jobs, None)"),
        tests=f"{API}test_http_all_events.py -k another_user",
    ),
    mutant(
        "a stream of all jobs ends with its token",
        "avio/api/all_watch.py",
        (
            "        except NotAuthenticated:\n            self._expires_at = 0.0\n",
            "        except NotAuthenticated:\n            pass\n",
        ),
        tests=f"{API}test_http_all_events.py -k its_token",
    ),
    mutant(
        "a listener to all jobs has bounded memory",
        "avio/api/news.py",
        ("or len(self._progress) + len(self._changed) >= JOBS_MAX", ""),
        tests=f"{API}test_http_all_events.py -k little_memory",
    ),
    mutant(
        "the newest figures of a job are told",
        "avio/api/news.py",
        ("known is None or (known.attempt, known.seq) < (event.attempt, event.seq)", "True"),
        tests=f"{API}test_http_all_events.py -k newest_is_told",
    ),
    mutant(
        "after a gap there is a snapshot",
        "avio/api/all_watch.py",
        ("        self._needs_snapshot |= bundle.has_gap\n", ""),
        tests=f"{API}test_http_all_events.py -k after_a_gap",
    ),
    mutant(
        "an end without an event is told",
        "avio/api/all_watch.py",
        ("        rows += self._rows.of_ids(left) if left else []\n", ""),
        tests=f"{API}test_http_all_events.py -k without_an_event",
    ),
    mutant(
        "a stream of all jobs takes a place",
        "avio/api/events.py",
        ("        services().hub.admit(news)\n", ""),
        tests=f"{API}test_http_all_events.py -k its_place_back",
    ),
)
