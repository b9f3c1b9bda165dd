"""The guards of plans: a job that names versions moves no other version."""

from mutation.mutant import mutant

MUTANTS = (
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
