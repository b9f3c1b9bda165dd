"""The guards of avio on Kubernetes: probes, settings beside service links, and avio-gate."""

from mutation.mutant import mutant

GATE, SIGNS = "tests/unit/gate/", "tests/unit/test_signs.py"

MUTANTS = (
    mutant(
        "only values as Kubernetes gives them make a service link",
        "avio/config/sources.py",
        ('r"|SERVICE_PORT(?:_[A-Z0-9_]+)?=\\d{1,5}"', 'r"|SERVICE_PORT(?:_[A-Z0-9_]+)?=.*"'),
        tests="tests/unit/config/test_settings.py -k looks_like_a_service",
    ),
    mutant(
        "readiness of web asks the database alone if told so",
        "avio/api/health.py",
        ("services().database if query.only else services().readiness", "services().readiness"),
        tests="tests/integration/api/test_http_health.py -k alone",
    ),
    mutant(
        "a text in a file of its own is never quoted",
        "avio/config/secret_files.py",
        ("{file} has no text, or more", "{file} has {text!r}, or more"),
        tests="tests/unit/config/test_secret_files.py -k quoted",
    ),
    mutant(
        "a loop that stands still is not alive",
        "avio/signs.py",
        ("    if age > limit:\n", "    if False:\n"),
        tests=f"{SIGNS} -k stands_still",
    ),
    mutant(
        "a sign of before the start of the machine is none",
        "avio/signs.py",
        ("        if sign.at <= boottime():\n", "        if True:\n"),
        tests=f"{SIGNS} -k before_the_start",
    ),
    mutant(
        "a supervisor with a stuck intake is not alive",
        "avio/admin/probe.py",
        ("and age > INTAKE_SECONDS", "and False"),
        tests=f"{SIGNS} -k intake_is_stuck",
    ),
    mutant(
        "the sign of a dead intake says nothing of the next",
        "avio/admin/probe.py",
        ("sign.pid == keeper.beside and ", ""),
        tests=f"{SIGNS} -k is_gone",
    ),
    mutant(
        "a node without a lease is not ready",
        "supervisor/keeper/readiness.py",
        ("    if now > deadline:\n", "    if False:\n"),
        tests=f"{SIGNS} -k has_a_lease",
    ),
    mutant(
        "a sign that can't be written stops nothing",
        "avio/signs.py",
        ("        except OSError as error:\n            if", "        except ValueError as error:\n            if"),
        tests=f"{SIGNS} -k stops_nothing",
    ),
    mutant(
        "a pod that asks for another path leaves its wait",
        "avio/gate/controller.py",
        ("if before is not None and before.ask != pod.ask:", "if False:"),
        tests=f"{GATE}test_controller.py -k another_path",
    ),
    mutant(
        "a pod that is gone ends its wait",
        "avio/gate/controller.py",
        ("            self._waits[pod.ask].pods.pop(uid, None)\n", "            pass\n"),
        tests=f"{GATE}test_controller.py -k ends_its_wait",
    ),
    mutant(
        "many pods of one path ask once",
        "avio/gate/controller.py",
        ("        wait = self._waits.get(pod.ask)\n", "        wait = None\n"),
        tests=f"{GATE}test_controller.py -k ask_once",
    ),
    mutant(
        "avio-gate asks for so many paths at once",
        "avio/gate/controller.py",
        ("ThreadPoolExecutor(at_once,", "ThreadPoolExecutor(99,"),
        ("asyncio.Semaphore(at_once)", "asyncio.Semaphore(99)"),
        tests=f"{GATE}test_controller.py -k at_once_than_allowed",
    ),
    mutant(
        "a wait gives its thread to those in line",
        "avio/gate/waits.py",
        ("                if others_wait() and", "                if False and"),
        tests=f"{GATE}test_controller.py -k at_once_than_allowed",
    ),
    mutant(
        "a token that has ended is replaced",
        "avio/gate/waits.py",
        ("            self.account.forget(token)\n", "            pass\n"),
        tests=f"{GATE}test_controller.py -k token_that_has_ended",
    ),
    mutant(
        "a refused login is not tried again at once",
        "avio/gate/account.py",
        ("if self._trouble is not None and time.monotonic() < self._trouble[0]:", "if False:"),
        tests=f"{GATE}test_account.py -k refused_login",
    ),
    mutant(
        "a pod is told once a minute",
        "avio/gate/notes.py",
        ("self._written[uid][0] + AGAIN_SECONDS if", "self._written[uid][0] if"),
        tests=f"{GATE}test_controller.py -k once_in_a_while",
    ),
    mutant(
        "what a pod has been told is not repeated after a restart",
        "avio/gate/notes.py",
        ("self._written.get(pod.uid, (0.0, pod.note))[1]", 'self._written.get(pod.uid, (0.0, ""))[1]'),
        tests=f"{GATE}test_controller.py -k repeats_no_note",
    ),
    mutant(
        "a pod is freed only as it was seen",
        "avio/gate/cluster.py",
        ('"resourceVersion": pod.version, ', ""),
        tests=f"{GATE}test_cluster.py -k as_it_was_seen",
    ),
    mutant(
        "a gate is removed by its name",
        "avio/gate/cluster.py",
        ('[{"$patch": "delete", "name": GATE}]', "[]"),
        tests=f"{GATE}test_cluster.py -k as_it_was_seen",
    ),
    mutant(
        "each call to Kubernetes has a limit",
        "avio/gate/cluster.py",
        ("read=WATCH_SECONDS + LATE_SECONDS", "read=None"),
        tests=f"{GATE}test_cluster.py -k has_a_limit",
    ),
    mutant(
        "a pod that is about to go is not freed",
        "avio/gate/pods.py",
        (' or metadata.get("deletionTimestamp")', ""),
        tests=f"{GATE}test_pods.py -k about_to_go",
    ),
)
