"""A job's progress in words: the parts that the lines and the bar are put together from."""

from datetime import UTC, datetime, timedelta

from avio.client.amounts import Amount
from avio.client.shapes import JobInfo
from avio.commands.wording import in_cli_words
from avio.terminal.cells import NOTHING, UNKNOWN, clock, duration, moment, percent, printable, size, time_of_day
from avio.wire.paths import decoded
from avio.wire.states import TERMINAL, JobType, Phase, State
from avio.wire.waiting import Why

# Units of an estimate: the name, its seconds, and from how many on it is used.
UNITS = (("days", 86400, 2), ("h", 3600, 2), ("min", 60, 2), ("s", 1, 0))


def kind(job: JobInfo) -> str:
    """Return the verb of the job."""
    return JobType(job["type"]).name.lower()


def subject(job: JobInfo) -> str:
    """Return the path of the job, or the file list that it goes by."""
    paths = paths_of(job)
    if not paths:
        list_ = job["params"].get("fileListPath") or job["params"].get("fileListId")
        return printable(f"file list {list_}")
    return paths[0] + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")


def paths_of(job: JobInfo) -> list[str]:
    """Return the paths that the job names, as they are shown."""
    params = job["params"]
    is_encoded = bool(params.get("alluxioUriEncoded"))
    named = params.get("paths") or [params.get("alluxioUri") or ""]
    return [printable(decoded(path, encoded=is_encoded)) for path in named if path]


def is_listed(job: JobInfo) -> bool:
    """Return True if the totals are final."""
    return bool(job["progress"]["total"].get("complete"))


def files_of(job: JobInfo) -> str:
    """Return `12/40`; while the listing goes on `12/≥40`."""
    progress = job["progress"]
    least = "" if is_listed(job) else "≥"
    return f"{progress['done']['files']}/{least}{progress['total']['files']}"


def bytes_of(job: JobInfo, *, is_short: bool = False) -> str:
    """Return `1.2 GiB/4.0 GiB`; while the listing goes on `1.2 GiB of ≥ 4.0 GiB (still listing)`.

    The short form of that is `1.2 GiB/≥4.0 GiB`. What has come of files that are not done counts too.
    """
    progress = job["progress"]
    done = size(progress["done"]["bytes"] + progress.get("bytesInFlight", 0))
    total = size(progress["total"]["bytes"])
    if is_listed(job):
        return f"{done}/{total}"
    if is_short:
        return f"{done}/≥{total}"
    return f"{done} of ≥ {total}" + (" (still listing)" if job["phase"] == Phase.LISTING else "")


def percent_of(job: JobInfo) -> str:
    """Return `58%`; `?` until the listing is complete."""
    return percent(job["progress"]["percent"])


def limits_of(job: JobInfo) -> str:
    """Return the bandwidth and the concurrency that the job may have now."""
    bandwidth, concurrency = job.get("bandwidth"), job.get("concurrency")
    rate = "no limit" if bandwidth is None else f"{size(bandwidth)}/s"
    return f"bandwidth {rate}, concurrency {'as many as help' if concurrency is None else concurrency}"


def labels_of(job: JobInfo) -> str:
    """Return `team=vision, run=7`; "" without labels."""
    return printable(", ".join(f"{name}={value}" for name, value in sorted(job.get("labels", {}).items())))


def waiting_of(job: JobInfo) -> str:
    """Return the place in the queue and the reason, such as `3: slots busy`; "" for a job that does not wait."""
    waiting = job.get("waiting")
    if not waiting:
        return ""
    place = "" if waiting["position"] is None else f"{waiting['position']}: "
    return printable(f"{place}{waiting['reason'].lower().replace('_', ' ')}")


def waiting_details(job: JobInfo) -> str:
    """Return the same with what the job waits for, and since when; of a running job as `waits_of`."""
    waiting = job.get("waiting")
    if not waiting or job["status"] != State.QUEUED:
        return waits_of(job).removeprefix("waits: ")
    is_time = waiting["reason"] == Why.START_TIME
    what = f" ({moment(waiting['for']) if is_time else printable(waiting['for'])})" if waiting["for"] else ""
    return f"{waiting_of(job)}{what}, since {moment(waiting['since'])}"


def seconds_left(job: JobInfo) -> tuple[float, float] | None:
    """Return the seconds that the job takes as likely as not, and at most in nine of ten cases; None if unknown."""
    eta = job.get("eta")
    if not eta or job["status"] in TERMINAL:
        return None
    now = datetime.now(UTC)
    likely, late = (datetime.fromisoformat(eta["p50"]) - now, datetime.fromisoformat(eta["p90"]) - now)
    return None if likely < timedelta() else (likely.total_seconds(), late.total_seconds())


def left_of(job: JobInfo) -> str:
    """Return the time that the job still takes, as likely as not; `-` if that is unknown."""
    left = seconds_left(job)
    return NOTHING if left is None else duration(left[0])


def phases_of(job: JobInfo) -> str:
    """Return how long the phases of the newest attempt took, and the wait before the first."""
    waited = job.get("queueSeconds")
    parts = [] if waited is None else [f"queued {duration(waited)}"]
    return ", ".join(parts + [f"{each['phase']} {duration(each['seconds'])}" for each in job.get("phases", [])])


def pace_of(job: JobInfo) -> str:
    """Return speeds and files in flight, as far as the server tells."""
    progress = job["progress"]
    average, flying = progress.get("averageBps"), progress.get("inFlight")
    parts = [] if job["status"] in TERMINAL else [f"{size(progress['speedBps'])}/s now"]
    parts += [] if average is None else [f"{size(average)}/s on average"]
    if flying:
        come = progress.get("bytesInFlight")
        of_them = "" if not come else f", {size(come)} of {'it' if flying == 1 else 'them'} so far"
        parts.append(f"{flying} file{'' if flying == 1 else 's'} in flight{of_them}")
    return ", ".join(parts)


def eta(job: JobInfo, *, is_short: bool = False) -> str:
    """Return `~4 min (up to 7)`, or in words that it is not known yet; in short `~4 min` and `not yet`."""
    left = seconds_left(job)
    if left is None:
        return "not yet: still listing" if job["phase"] == Phase.LISTING and not is_short else "not yet"
    return about(left[0], left[0] if is_short else left[1])


def about(likely: float, late: float) -> str:
    """Return seconds as `~4 min (up to 7)`, in the unit that suits the likely ones; `~4 min` if both are alike."""
    name, seconds = next(unit for unit in UNITS if likely >= unit[2] * unit[1])[:2]
    first, second = (rounded(each / seconds) for each in (likely, late))
    return f"~{first} {name}" + (f" (up to {second})" if second != first else "")


def rounded(number: float) -> str:
    """Return a number of seconds, minutes ... with two digits, and at least 1: an estimate has no more."""
    if number < 1:
        return "1"
    step = 5 if number >= 20 else 1
    return str(step * round(number / step))


def elapsed(job: JobInfo) -> str:
    """Return how long the job has run, or did."""
    if job["startTime"] is None:
        return duration(0)
    end = datetime.fromisoformat(job["finishTime"]) if job["finishTime"] else datetime.now(UTC)
    return duration((end - datetime.fromisoformat(job["startTime"])).total_seconds())


def age(job: JobInfo) -> str:
    """Return how long ago the job was submitted: `49s`, `12m`, `3h`, `5d`; `?` for an invalid time."""
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(job["createTime"])).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return UNKNOWN
    for unit, least in (("d", 2 * 86_400), ("h", 2 * 3600), ("m", 120)):
        if seconds >= least:
            return f"{int(seconds * 2 // least)}{unit}"
    return f"{max(0, int(seconds))}s"


def speed(job: JobInfo) -> str:
    """Return `142 MiB/s`; `-` for a job that does not run."""
    return f"{size(job['progress']['speedBps'])}/s" if job["status"] == State.RUNNING else NOTHING


def amount(counted: Amount) -> str:
    """Return `12 files, 1.2 GiB`."""
    files = counted["files"]
    return f"{files} file{'' if files == 1 else 's'}, {size(counted['bytes'])}"


def line(job: JobInfo) -> str:
    """Return where the job stands, on one line."""
    progress = job["progress"]
    head = f"{clock(datetime.now(UTC))} {kind(job)} {job['id']} {job['status']}"
    if job["phase"] is None:
        return printable("  ".join(filter(None, [head, waits_for(job)])))
    running = job["status"] not in TERMINAL
    parts = [
        head,
        job["phase"] if running else None,
        percent(progress["percent"]) if is_listed(job) else None,
        f"{files_of(job)} files",
        bytes_of(job),
        f"{size(progress['speedBps'])}/s" if running else elapsed(job),
        f"ETA {eta(job)}" if running else None,
        waits_of(job),
        f"{progress['failed']['files']} failed" if progress["failed"]["files"] else None,
        f"{repaired} repaired" if (repaired := progress.get("filesRepaired")) else None,
        f"{left_out} left out" if (left_out := progress.get("filesLeftOut")) else None,
    ]
    return printable("  ".join(part for part in parts if part))


def waits_for(job: JobInfo) -> str:
    """Return what a queued job waits for, as the server says; "" for others."""
    return printable(job["message"]) if job["status"] == State.QUEUED else ""


def shared_of(job: JobInfo) -> Amount:
    """Return what other jobs have moved while this one ran. An older server does not tell that."""
    return job["progress"].get("shared") or Amount(files=0, bytes=0)


def waits_of(job: JobInfo) -> str:
    """Return what a running job waits for, and since when; "" if it waits for nothing."""
    waiting = job.get("waiting")
    if not waiting or job["status"] != State.RUNNING:
        return ""
    since, what = time_of_day(waiting["since"]), printable(waiting["for"] or "")
    if waiting["reason"] == Why.STORE_SILENT:
        return f"waits: no byte since {since}"
    if waiting["reason"] == Why.TIER_FULL:
        return f"waits: the cache is full since {since}: {what}"
    if waiting["reason"] == Why.OTHER_JOB:
        return f"waits: job {what or UNKNOWN} moves its files since {since}"
    if waiting["reason"] != Why.STORE_UNAVAILABLE:  # of a newer server
        return f"waits: {printable(waiting['reason'])} since {since}" + (f": {what}" if what else "")
    store, _, why = what.partition(": ")
    if "://" in store and why:
        return f"waits: the store {store} is unavailable since {since}: {why}"
    return f"waits: the store is unavailable since {since}" + (f": {what}" if what else "")


def errors_of(job: JobInfo, samples: int = 1) -> list[str]:
    """Return a text for each reason that files failed for, with up to `samples` paths, in the words of the CLI."""
    return [
        printable(
            f"{group['reason']} for {group['count']}"
            + (f", e.g. {', '.join(group['samples'][:samples])}" if group["samples"] else "")
            + (f" ({in_cli_words(group['hint'])})" if group["hint"] else "")
        )
        for group in job["errors"]
    ]
