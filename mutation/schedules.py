"""The guards of jobs that begin after others, and of the ticks of schedules."""

from mutation.mutant import mutant

DB = "tests/contract/db/"
PREDECESSORS, SCHEDULES = "avio/db/predecessors.py", "avio/db/schedules.py"

MUTANTS = (
    mutant(
        "a job that waits for others is claimed by no node",
        "avio/db/orders.py",
        ("predecessors.PARKED if new.after else new.not_before or 0.0", "new.not_before or 0.0"),
        tests=f"{DB}test_predecessors.py -k sqlite",
    ),
    mutant(
        "a job that another must succeed for is not queued by any end of it",
        PREDECESSORS,
        ("(NOT p.must_succeed OR a.state = 'succeeded')", "(NOT p.must_succeed OR a.state <> '')"),
        tests=f"{DB}test_predecessors.py -k sqlite",
    ),
    mutant(
        "a job is queued after the last one that it waits for",
        PREDECESSORS,
        (" AND NOT EXISTS (SELECT 1 FROM predecessors p WHERE p.job_id = jobs.id)", ""),
        tests=f"{DB}test_predecessors.py -k sqlite",
    ),
    mutant(
        "only a job that waits for others is given up",
        PREDECESSORS,
        ("WHERE id = ? AND state = 'queued' AND run_at >= {PARKED}", "WHERE id = ? AND state = 'queued'"),
        tests=f"{DB}test_predecessors.py -k sqlite",
    ),
    mutant(
        "a tick is handled by one aggregator",
        SCHEDULES,
        (
            " WHERE id = ? AND next_at = ? AND look_at IS NOT NULL AND",
            " WHERE id = ? AND ? > 0 AND look_at IS NOT NULL AND",
        ),
        tests=f"{DB}test_ticks.py -k sqlite",
    ),
    mutant(
        "a job whose time is near keeps files from a free",
        "avio/db/uses.py",
        ("AHEAD_SECONDS = 3600.0", "AHEAD_SECONDS = 0.0"),
        tests=f"{DB}test_free_rules.py -k sqlite",
    ),
    mutant(
        "a job whose time is far ahead keeps no files from a free",
        "avio/db/uses.py",
        ("> {now} + ?)", "> {now} + 1e12 * ?)"),
        tests=f"{DB}test_free_rules.py -k sqlite",
    ),
    mutant(
        "a schedule has the right of its user to a priority",
        "avio/rules/ticks.py",
        (", bool(user.admin), bool(user.may_overtake))", ", bool(user.admin))"),
        tests=f"{DB}test_ticks.py -k sqlite",
    ),
    mutant(
        "a schedule that was paused meanwhile makes no job",
        SCHEDULES,
        ("AND look_at IS NOT NULL AND cron", "AND cron"),
        tests=f"{DB}test_ticks.py -k sqlite",
    ),
    mutant(
        "a tick makes no second job after the clock was ahead",
        "avio/rules/ticks.py",
        ('f"schedule:{schedule.id}:{step.tick:.0f}"', 'f"schedule:{now}:{step.tick:.0f}"'),
        tests=f"{DB}test_ticks.py -k sqlite",
    ),
)
