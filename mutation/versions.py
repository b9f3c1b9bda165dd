"""The guards of plans: a job that names versions moves no other version."""

from mutation.mutant import mutant

MUTANTS = (
    mutant(
        "nor a copy that is changed after it was looked at",
        "avio/engines/local/transfer/upload.py",
        ("        if self._params.versions and freshness", "        if False and freshness"),
        tests="tests/contract/engines/test_plans.py -k files",
    ),
    mutant(
        "which small files of a save are compared for, too",
        "avio/engines/local/transfer/outgoing.py",
        ("        if self._compares or (source", "        if (source"),
        tests="tests/contract/engines/test_many_puts.py -k versions",
    ),
    mutant(
        "a job that names versions takes no file of another one",
        "avio/executor/selection.py",
        ("    if now == name.version:", "    if True:"),
        tests="tests/contract/engines/test_plans.py -k files",
    ),
    mutant(
        "nor an object that is replaced after it was looked at",
        "avio/engines/local/transfer/download.py",
        ("        if self._params.versions:", "        if False:"),
        tests="tests/contract/engines/test_plans.py -k files",
    ),
)
