"""The guards of the room in the tiers: what is promised, what a job waits for, what may be dropped."""

from mutation.mutant import mutant

DB, LOCAL = "tests/contract/db/", "tests/unit/engines/local/"
CAPACITY, WHOLE = "avio/engines/local/capacity.py", "avio/engines/local/whole_promises.py"
EVICTIONS, IN_USE = "avio/engines/local/evictions.py", "avio/engines/local/paths_in_use.py"
ROOMS, WAIT = "avio/db/rooms.py", "avio/executor/room_wait.py"

MUTANTS = (
    mutant(
        "a tier is measured after the death of a process, before anything is promised there",
        CAPACITY,
        ("        if not is_known:\n            self.measure(tier)\n", ""),
        (" and is_known:", ":"),
        tests=f"{LOCAL}test_capacity.py",
    ),
    mutant(
        "the movers of a dead process have ended before its tier is measured",
        "avio/engines/local/book.py",
        ("            time.sleep(DYING_SECONDS)\n", "            pass\n"),
        tests=f"{LOCAL}test_capacity.py",
    ),
    mutant(
        "files in place that are promised too count once",
        CAPACITY,
        ("return max(0, min(found + added, max(found, tier.capacity) - page.promised))", "return found + added"),
        tests=f"{LOCAL}test_capacity.py",
    ),
    mutant(
        "a job that waits for room holds none",
        WHOLE,
        ("        if left:\n            self._capacity.give_back(self._tiers)\n", "        if left:\n"),
        tests=f"{LOCAL}test_whole_promises.py",
    ),
    mutant(
        "what can never fit does not wait",
        WHOLE,
        ("if self.needed > (sum(", "if self.needed > 1 << 60 and self.needed > (sum("),
        tests=f"{LOCAL}test_whole_promises.py",
    ),
    mutant(
        "with spread a file finds room that no rest of a tier has alone",
        WHOLE,
        ("self.needed + self._largest * (len(self._tiers) - 1)", "self.needed"),
        tests=f"{LOCAL}test_whole_promises.py",
    ),
    mutant(
        "nothing is dropped if that would not be enough",
        WHOLE,
        ("sum(map(evictions.droppable, tiers))) < lacking:", "sum(map(evictions.droppable, tiers))) < 0:"),
        tests=f"{LOCAL}test_whole_promises.py",
    ),
    mutant(
        "a tier without an answer leaves no promise on another",
        WHOLE,
        ("        except BaseException:  # a tier", "        except CacheFull:  # a tier"),
        tests=f"{LOCAL}test_whole_promises.py -k answer",
    ),
    mutant(
        "a job drops no more than it needs",
        WHOLE,
        (" or self._evictions.dropped_bytes >= self._wanted()", ""),
        tests=f"{LOCAL}test_evictions.py -k free_nothing",
    ),
    mutant(
        "the thread that takes and ends jobs asks no tier for its room",
        "supervisor/intake/tier_watch.py",
        (
            "            self._sweeper.expect(queries.known())\n",
            "            self._sweeper.expect(queries.known())\n            self._sweeper.report_tiers()\n",
        ),
        tests="tests/unit/supervisor/intake/test_tier_reports.py -k asks_no_tier",
    ),
    mutant(
        "a survey that the database stops ends no thread",
        "supervisor/intake/survey.py",
        ("OSError, PeeweeException, *AWAY", "OSError, *AWAY"),
        tests="tests/unit/supervisor/intake/test_tier_reports.py -k ends_no_thread",
    ),
    mutant(
        "a process that is frozen in a drop is waited for once",
        IN_USE,
        ("DROP_SECONDS if is_alone else 0.0", "DROP_SECONDS"),
        tests=f"{LOCAL}test_evictions.py -k frozen",
    ),
    mutant(
        "a file that may not be removed ends no eviction",
        EVICTIONS,
        (
            "            except EngineError as error:  # it may not",
            "            except ZeroDivisionError as error:  # it may not",
        ),
        tests=f"{LOCAL}test_evictions.py -k removed",
    ),
    mutant(
        "an unsaved file does not give way",
        EVICTIONS,
        (
            "        if freshness not in (Freshness.CACHED, Freshness.STALE):\n            return None\n",
            "",
        ),
        tests=f"{LOCAL}test_evictions.py",
    ),
    mutant(
        "the last copy of a file does not give way",
        EVICTIONS,
        ("if source is None or not copies:", "if not copies:"),
        ("(Freshness.CACHED, Freshness.STALE)", "(Freshness.CACHED, Freshness.STALE, Freshness.GONE)"),
        tests=f"{LOCAL}test_evictions.py",
    ),
    mutant(
        "files of a job that begins meanwhile do not give way",
        EVICTIONS,
        (" and not look.is_used(path)", ""),
        tests=f"{LOCAL}test_evictions.py",
    ),
    mutant(
        "files that a user keeps meanwhile do not give way",
        EVICTIONS,
        ("return self._kept().keep_of(path) is None and not", "return not"),
        tests=f"{LOCAL}test_evictions.py",
    ),
    mutant(
        "a job that begins waits for the drop that was decided before",
        IN_USE,
        ("while is_locked(fd, _DROPPING) and", "while False and"),
        tests=f"{LOCAL}test_evictions.py",
    ),
    mutant(
        "files that were used last give way last",
        EVICTIONS,
        ("max(status.st_atime_ns, status.st_ctime_ns)", "0"),
        tests=f"{LOCAL}test_evictions.py",
    ),
    mutant(
        "nothing moves before there is room for all",
        "avio/executor/room.py",
        ("FOREVER_SECONDS if self._admission.holds_all else HOLD_SECONDS", "0.0"),
        tests="tests/unit/executor/test_room_wait.py",
    ),
    mutant(
        "a wait for room ends",
        WAIT,
        ("if waited >= self._seconds:", "if waited >= 20 + self._seconds:"),
        tests="tests/unit/executor/test_room_wait.py -k patience",
    ),
    mutant(
        "a job that waits for room leaves its slot",
        WAIT,
        ("if waited >= self._slot_seconds:", "if waited >= 1 + self._slot_seconds:"),
        tests="tests/unit/executor/test_room_wait.py -k slot",
    ),
    mutant(
        "a job that looks for room again leaves its slot at once",
        WAIT,
        (" if order.attempt == 1 else 0.0", ""),
        tests="tests/unit/executor/test_room_wait.py -k later_attempt",
    ),
    mutant(
        "a job that found no room takes no slot before there is some",
        "avio/db/claims.py",
        ("[rooms.MAY_LOOK] if rooms.any_waits() else [], []", "[], []"),
        tests=f"{DB}test_rooms.py -k sqlite",
    ),
    mutant(
        "a job that found no room looks again when others have loaded files of it",
        ROOMS,
        (" OR {_MAY_NEED_LESS} OR", " OR"),
        tests=f"{DB}test_rooms.py",
    ),
    mutant(
        "a job that waits for room has lost no node, though its supervisor died",
        "supervisor/intake/end.py",
        ("(result.state == STOPPED and result.wants_bytes is None)", "result.state == STOPPED"),
        tests="tests/unit/supervisor/intake/test_end.py",
    ),
    mutant(
        "room that no job can want is not waited for",
        "avio/wire/results.py",
        (" and not is_room(result.wants_bytes, result.wants_tier):", " and False:"),
        tests="tests/unit/supervisor/intake/test_end.py",
    ),
    mutant(
        "a job that did not fit looks again where others load its files",
        "supervisor/intake/end.py",
        (" and rooms.others_load(result.job):", " and False:"),
        tests="tests/unit/supervisor/intake/test_end.py",
    ),
    mutant(
        "a job that did not fit fails where nobody else loads its files",
        "supervisor/intake/end.py",
        (" and rooms.others_load(result.job):", ":"),
        tests="tests/unit/supervisor/intake/test_end.py",
    ),
    mutant(
        "no files of others are dropped for what other jobs bring",
        WHOLE,
        ("if self._evictions is None or self.spares or", "if self._evictions is None or"),
        tests=f"{LOCAL}test_whole_promises.py",
    ),
    mutant(
        "a job that may evict is told of others that load its files",
        "supervisor/intake/claim.py",
        (" and rooms.others_run(claim.job)", ""),
        tests="tests/unit/supervisor/intake/test_claim.py",
    ),
    mutant(
        "what never fits does not wait for others that load its files",
        "avio/engines/local/promises.py",
        ("self.needed if self.needed <= (max if self._is_one else sum)(capacities) else None", "self.needed"),
        tests=f"{LOCAL}test_promises.py",
    ),
    mutant(
        "a job that others keep from fitting fails when its patience is over",
        "avio/executor/run.py",
        (" and order.room_patience > 0:", ":"),
        tests="tests/unit/executor/test_room_wait.py",
    ),
    mutant(
        "files of other paths are no reason to look again",
        ROOMS,
        ("o.type = 1 AND o.id <> j.id AND (j.path IS NULL", "o.type = 1 AND o.id <> j.id AND (1 = 1 OR j.path IS NULL"),
        tests=f"{DB}test_rooms.py",
    ),
    mutant(
        "old figures of tiers keep no job back",
        ROOMS,
        ("NOT EXISTS (SELECT 1 FROM tiers t WHERE {_IS_NEW})", "NOT EXISTS (SELECT 1 FROM tiers t)"),
        tests=f"{DB}test_rooms.py -k sqlite",
    ),
    mutant(
        "files that may lie on several tiers wait for the room of all together",
        ROOMS,
        ("coalesce(sum(t.free), 0)", "coalesce(max(t.free), 0)"),
        tests=f"{DB}test_rooms.py -k sqlite",
    ),
    mutant(
        "a job that waits for room looks again after some time, whatever the figures say",
        ROOMS,
        (" OR {_HAS_RESTED})", ")"),
        tests=f"{DB}test_rooms.py -k sqlite",
    ),
    mutant(
        "a job that had found room waits for none when its attempt ends",
        ROOMS,
        ("UPDATE jobs SET room_bytes = NULL, room_tier = NULL, room_since = NULL", "UPDATE jobs SET room_tier = NULL"),
        tests=f"{DB}test_rooms.py -k sqlite",
    ),
    mutant(
        "the patience for room counts from the first wait",
        ROOMS,
        ("coalesce(room_since, {now})", "{now}"),
        tests=f"{DB}test_rooms.py -k sqlite",
    ),
    mutant(
        "a cache for whose room no job waits is not asked for it",
        "supervisor/intake/sweep.py",
        ("if Ability.WAIT_FOR_ROOM not in self._engine.abilities:", "if False:"),
        tests="tests/unit/supervisor/intake/test_tier_reports.py",
    ),
)
