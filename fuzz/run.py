"""One run of Schemathesis as one user, and what came of it."""

import time
from collections import Counter
from dataclasses import dataclass, field

import schemathesis
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from fuzz.judge import is_unsaid
from fuzz.plan import plan, with_known_list
from fuzz.world import World

SHOWN = 600  # characters of a reply

# Few random changes suit the job, its state and the rights of its user at once.
RARELY_ACCEPTED = frozenset({"PATCH /jobs/{id}"})


@dataclass(slots=True)
class Outcome:
    """What a run as `user` has sent and found. Each failure is there once for an operation."""

    user: str
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    successes: Counter[str] = field(default_factory=Counter)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)

    def text(self) -> str:
        """Return the failures with the commands that repeat them, and the counts."""
        counts = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        failures = [f"\n{label}: {title}\n{text}" for (label, title), text in self.failures.items()]
        sent = f"{len(self.successes)} operations, {self.statuses.total()} replies in {self.seconds:.0f} s"
        return "\n".join([*failures, f"{self.user}: {sent} ({counts}); {len(self.failures)} failures"])

    def note(self, event: events.EngineEvent) -> None:
        """Count the replies of an event, and keep its failures."""
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.NonFatalError):
            self.failures.setdefault((event.label, type(event.value).__name__), str(event.value))
        if isinstance(event, events.ScenarioFinished):
            self._count(event.recorder)
            self._keep(event.phase.value, event.recorder)

    def require_successes(self) -> None:
        """Fail each operation that has accepted no request: nothing was checked there but refusals."""
        for label, count in self.successes.items():
            if not count and label not in RARELY_ACCEPTED:
                self.failures[(label, "no request was accepted")] = "the values of fuzz/plan.py no longer fit it"

    def _count(self, recorder: ScenarioRecorder) -> None:
        for case_id, interaction in recorder.interactions.items():
            if interaction.response is None or case_id not in recorder.cases:
                continue
            status = interaction.response.status_code
            self.statuses[status] += 1
            self.successes[recorder.cases[case_id].value.operation.label] += 200 <= status < 300

    def _keep(self, phase: str, recorder: ScenarioRecorder) -> None:
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.status is not Status.FAILURE or check.failure_info is None:
                    continue
                failure = check.failure_info.failure
                label = recorder.cases[case_id].value.operation.label
                response = recorder.find_response(case_id=case_id)
                reply = "" if response is None else f"\n{response.status_code} {response.text[:SHOWN]}"
                self.failures.setdefault(
                    (label, f"{phase}, {check.name}: {failure.title}"),
                    f"{failure.message}{reply}\n{check.failure_info.code_sample}",
                )


def run(world: World, user: str, examples: int, seed: int) -> Outcome:
    """Send so many requests to each operation as `user`, and return the outcome."""
    token = world.token_of(user)
    seeds = world.seed(token)
    config = plan(token, world.token_of(user), seeds, examples, seed)
    schema = schemathesis.openapi.from_url(f"{world.url}/openapi.json", config=config)

    @schema.hook
    def map_body(context: schemathesis.HookContext, body: object) -> object:
        return with_known_list(body, seeds)

    @schema.hook
    def filter_failure(
        context: schemathesis.HookContext,
        failure: Exception,
        case: schemathesis.Case,
        response: schemathesis.Response,
    ) -> bool:
        return not is_unsaid(failure, response)

    outcome = Outcome(user)
    began = time.monotonic()
    for event in from_schema(schema).execute():
        outcome.note(event)
    outcome.seconds = time.monotonic() - began
    outcome.require_successes()
    return outcome
