"""The house stays readable: its figures have limits. `make house` prints them."""

from statistics import median

import grimp

from tests.house import figures

MEDIAN_LINES = 80
FILE_LINES = 300
FUNCTION_LINES = 47

# Each is a choice: a process starts sooner, or imports only what its settings or its command name.
LATE_IMPORTS = {
    "avio/client/connections.py: import_module",
    "avio/engines/factory.py: import_module",
    "avio/lazygroup.py: import_module",
    "supervisor/__main__.py: supervisor.keeper.node",
}


def test_half_of_the_files_are_short() -> None:
    assert median(figures.file_lengths().values()) <= MEDIAN_LINES


def test_no_file_is_longer_than_a_person_reads_in_one_go() -> None:
    assert {path: lines for path, lines in figures.file_lengths().items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    assert {name: lines for name, lines in figures.function_lengths().items() if lines > FUNCTION_LINES} == {}


def test_nothing_imports_in_a_circle() -> None:
    assert figures.circles(figures.import_graph()) == set()


def test_a_circle_is_found() -> None:
    graph = grimp.ImportGraph()
    for importer, imported in [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "a")]:
        graph.add_import(importer=importer, imported=imported)

    assert figures.circles(graph) == {frozenset("abc")}


def test_late_imports_are_those_that_are_declared() -> None:
    assert figures.late_imports() == LATE_IMPORTS
