"""What must hold at the end, whatever was done: read from the database, the disk, the keys of Redis and /proc.

Each check returns how many things it looked at, and a line for each that is not as it must be.
"""

import time
from collections.abc import Callable
from pathlib import Path

import redis

from avio.streams import EVENTS_KEY, GROUP
from avio.wire.states import TERMINAL
from chaos import trees
from chaos.canaries import Canaries, Found
from chaos.endings import wrong_ends
from chaos.orders import MOUNT, Ordered, Orders
from chaos.world import World
from supervisor.shared.kept_listings import KEPT_NAME
from tests.process.programs.witness import overlaps, witnessed

CANCEL_SECONDS = 20.0
IDLE_MS = 60_000
ENDS = tuple(sorted(TERMINAL))

Times = list[tuple[float, float]]


class Invariants:
    """The checks over one world, once it is quiet.

    `long_faults` are the times when a node or the database was away, `absences` those when a tier's disk was.
    """

    def __init__(self, world: World, orders: Orders, canaries: Canaries, long_faults: Times, absences: Times) -> None:
        self._world, self._orders, self._canaries = world, orders, canaries
        self._long_faults, self._absences = long_faults, absences
        self._rows = {
            row[0]: row[1:]
            for row in world.ask(
                "SELECT id, state, attempt, crashes, reason, files_done, files_failed, files_total, finished_at,"
                " cancel_at, version, files_kept, message FROM jobs"
            )
        }

    def checks(self) -> dict[str, Callable[[], Found]]:
        """Return every check by what it makes sure of."""
        return {
            "I1 every accepted job exists": self._exist,
            "I2 every job has ended": self._ended,
            "I3 exactly one terminal transition a job": self._one_end,
            "I4 never two live attempts of a job": self._no_overlap,
            "I5 attempts rise by one, each claimed by one node": self._attempts,
            "I6 counters never fall; done + failed + kept = total": self._counters,
            "I7 files of succeeded jobs are whole, none is torn": self._files,
            "I8 no source was removed or changed": self._sources,
            "I9 no temporary, spool directory, ghost or old entry": self._left_over,
            "I10 one job for one Idempotency-Key": self._keys,
            "I11 cancelled within 20 s": self._cancelled,
            "I12 no secret in command lines, logs, rows or Redis": self._canaries.found,
            "I13 poison failed after 3 crashes, others by store or disk": self._ends,
            "I14 who watched saw the end that the row has": self._watched,
        }

    def _exist(self) -> Found:
        accepted = self._orders.accepted
        return len(accepted), [f"{order.job} is not there" for order in accepted if order.job not in self._rows]

    def _ended(self) -> Found:
        return len(self._rows), [f"{job} is {row[0]}" for job, row in self._rows.items() if row[0] not in TERMINAL]

    def _one_end(self) -> Found:
        ends = dict(
            self._world.ask(
                "SELECT job, count(*) FROM audit WHERE new_state IN %s AND new_state <> old_state GROUP BY job", ENDS
            )
        )
        wrong = [f"{job} ended {ends.get(job, 0)} times" for job in self._rows if ends.get(job, 0) != 1]
        changed = self._world.ask(
            "SELECT job, new_state FROM audit WHERE old_state IN %s AND (new_state, new_attempt, new_done, new_wire)"
            " <> (old_state, old_attempt, old_done, old_wire)",
            ENDS,
        )
        return len(self._rows), wrong + [f"{job} was changed after its end, to {state}" for job, state in changed]

    def _no_overlap(self) -> Found:
        wrong = [f"{attempt} ran beside another attempt" for attempt in overlaps(self._world.bucket)]
        rows = self._world.ask(
            "SELECT a.job_id, a.attempt FROM attempts a JOIN attempts b ON b.job_id = a.job_id"
            " AND b.attempt = a.attempt + 1 WHERE a.ended_at IS NULL OR a.ended_at > b.started_at"
        )
        wrong += [f"{job}: attempt {attempt} was open when the next began" for job, attempt in rows]
        return witnessed(self._world.bucket), wrong

    def _attempts(self) -> Found:
        numbers: dict[str, list[int]] = {job: [] for job in self._rows}
        rows = self._world.ask("SELECT job_id, attempt FROM attempts ORDER BY job_id, attempt")
        for job, attempt in rows:
            numbers[job].append(attempt)
        wrong = [
            f"{job} has attempts {found}, its row {self._rows[job][1]}"
            for job, found in numbers.items()
            if found != list(range(1, self._rows[job][1] + 1))
        ]
        steps = self._world.ask("SELECT job FROM audit WHERE new_attempt NOT IN (old_attempt, old_attempt + 1)")
        return len(rows), wrong + [f"{job}: attempt fell or leapt" for (job,) in steps]

    def _counters(self) -> Found:
        fell = self._world.ask(
            "SELECT job FROM audit WHERE new_wire < old_wire OR (new_done < old_done AND new_state NOT IN %s)", ENDS
        )
        wrong = [f"{job}: a counter fell" for (job,) in fell]
        for job, (state, _, _, _, done, failed, total, _, _, _, kept, _) in self._rows.items():
            if state in ("succeeded", "partial") and done + failed + kept != total:
                wrong.append(f"{job} is {state} with {done} done, {failed} failed and {kept} kept of {total}")
        [(changes,)] = self._world.ask("SELECT count(*) FROM audit")
        return int(changes), wrong

    def _files(self) -> Found:
        files, wrong = 0, []
        for order in self._quiet():
            succeeded = self._rows[order.job][0] == "succeeded"
            missing, other = trees.differing(self._target(order), order.tree, order.files)
            files += order.files
            if other or (succeeded and missing):
                wrong.append(f"{order.job}: {missing} files missing, {other} not as their source")
        return files, wrong

    def _sources(self) -> Found:
        files, wrong = 0, []
        for order in self._quiet():
            source = self._cache() if order.kind == "save" else self._world.bucket
            missing, other = trees.differing(source, order.tree, order.files)
            files += order.files
            if missing or other:
                wrong.append(f"{order.job}: {missing} sources missing, {other} changed")
        return files, wrong

    def _left_over(self) -> Found:
        wrong = [str(file) for root in self._world.roots for file in root.glob(".avio/*/*")]
        spools = [each for each in self._world.cluster.spool.glob("*/*") if each.name != "looks"]
        wrong += [str(each) for spool in spools for each in (spool.iterdir() if spool.name == KEPT_NAME else [spool])]
        wrong += [f"job process {found.pid} of {found.job}" for found in self._world.jobs()]
        wrong += [str(group) for job in self._rows for group in Path("/sys/fs/cgroup").glob(f"**/*{job}*")][:5]
        with redis.Redis.from_url(self._world.redis.url) as client:
            keys = list(client.scan_iter("rq:worker:*"))
            wrong += [f"{key.decode()} for ever" for key in keys if client.ttl(key) == -1]
            groups = [group["name"] for group in client.xinfo_groups(EVENTS_KEY)] if client.exists(EVENTS_KEY) else []
            if GROUP.encode() in groups:
                old = client.xpending_range(EVENTS_KEY, GROUP, "-", "+", 100, idle=IDLE_MS)
                wrong += [f"event {entry['message_id'].decode()} is pending" for entry in old]
        return len(self._rows), wrong

    def _keys(self) -> Found:
        by_key = dict(self._world.ask("SELECT idem_key, count(*) FROM jobs GROUP BY idem_key"))
        wrong = [f"{key} made {count} jobs" for key, count in by_key.items() if count != 1]
        return sum(order.replies for order in self._orders.accepted), wrong + self._orders.doubled

    def _cancelled(self) -> Found:
        looked, wrong = 0, []
        for order in self._orders.accepted:
            asked = order.cancelled_at
            if asked is None or any(began - CANCEL_SECONDS < asked < over for began, over in self._long_faults):
                continue
            looked += 1
            state, finished = self._rows[order.job][0], self._rows[order.job][7]
            if state not in TERMINAL or finished - asked > CANCEL_SECONDS:
                wrong.append(f"{order.job} is {state}, {(finished or time.time()) - asked:.0f} s after the wish")
        return looked, wrong

    def _ends(self) -> Found:
        rows = {job: (row[0], row[2], row[3], row[7], row[11]) for job, row in self._rows.items()}
        wrong = wrong_ends(self._orders.accepted, rows, self._absences)
        return len(self._orders.accepted), wrong + [f"refused: {line}" for line in self._orders.refused]

    def _watched(self) -> Found:
        looked, wrong = 0, []
        for order in self._orders.accepted:
            if not order.seen:
                continue
            looked += 1
            versions = [seen["version"] for seen in order.seen]
            if versions != sorted(versions):
                wrong.append(f"{order.job}: versions went back")
            row = self._rows[order.job]
            if (order.seen[-1]["status"], versions[-1]) != (row[0], row[9]):
                wrong.append(f"{order.job}: last seen {order.seen[-1]}, the row is {row[0]}, version {row[9]}")
        return looked, wrong

    def _quiet(self) -> list[Ordered]:
        """Return the orders on the quiet mount. Its trees are never changed, and never freed."""
        return [order for order in self._orders.accepted if order.mount == MOUNT]

    def _cache(self) -> Path:
        return self._world.tier / MOUNT

    def _target(self, order: Ordered) -> Path:
        return self._world.bucket if order.kind == "save" else self._cache()
