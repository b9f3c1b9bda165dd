"""What a person sees: rows that keep their name, grey figures while the server is gone, a shell without errors."""

from mutation.mutant import mutant

NARROW, DISPLAY = "avio/terminal/narrow.py", "avio/commands/progress_display.py"
SHELLS, TERMINAL = "tests/unit/commands/test_shells.py", "tests/unit/commands/test_on_a_terminal.py"

MUTANTS = (
    mutant(
        "what names a row is never left out",
        NARROW,
        ("enumerate(needs) if need.rank)", "enumerate(needs))"),
        tests="tests/unit/terminal/test_narrow.py",
    ),
    mutant(
        "texts are shortened before they are left out",
        NARROW,
        ("        if (over := _line(places) - room) > 0:\n", "        if (over := 0) > 0:\n"),
        tests="tests/unit/terminal/test_narrow.py",
    ),
    mutant(
        "a bar is grey while the server is gone",
        DISPLAY,
        ("Line(line.text, GREY)", "Line(line.text)"),
        tests=f"{TERMINAL} -k greys",
    ),
    mutant(
        "a bar comes back with the server, though the job stands as before",
        "avio/client/job_follow.py",
        ('if was_heard and job["version"]', 'if job["version"]'),
        tests=f"{TERMINAL} -k comes_back",
    ),
    mutant(
        "a live list outlives the server",
        "avio/commands/jobs_screen.py",
        ("                if not is_temporary(error):\n", "                if True:\n"),
        tests=f"{TERMINAL} -k jobs_are_shown",
    ),
    mutant(
        "without a login nobody is asked for completions",
        "avio/commands/asked_by_shell.py",
        ("        if token := current_token(url):\n", "        if (token := current_token(url)) or True:\n"),
        tests=f"{SHELLS} -k without_a_login",
    ),
    mutant(
        "no error of a completion reaches the shell",
        "avio/commands/asked_by_shell.py",
        ("with suppress(Exception), _limited():", "with _limited():"),
        tests=f"{SHELLS} -k traceback",
    ),
)
