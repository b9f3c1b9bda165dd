"""The page of results: what a run of some paths writes, keeps and drops."""

from pathlib import Path

from bench.data.results import Section, write
from bench.figures import Figure, spread

ORDER = ("first", "second", "third")
MACHINE = {"cores": "2", "kernel": "6.1"}


def section(name: str, about: str, **more: bool) -> Section:
    met = spread(f"{name}: time", [3.0, 1.0, 2.0], "s")
    missed = Figure(f"{name}: ratio", 0.5, "x", at_least=1.0, note="a note")
    return Section(name, about, [met, missed], ["skipped: nothing"], **more)


def test_a_figure_has_its_median_its_extremes_and_its_verdict(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"

    write(page, MACHINE, [section("first", "today")], ORDER)

    lines = page.read_text().splitlines()
    assert "| cores | 2 |" in lines
    assert "| first: time | 2.000 | 1.000 | 3.000 | s |  |  |" in lines
    assert "| first: ratio | 0.500 |  |  | x | >= 1 | **MISSED**; a note |" in lines
    assert "- skipped: nothing" in lines


def test_another_run_replaces_its_own_sections_and_keeps_the_others_in_order(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    write(page, MACHINE, [section("third", "old third"), section("first", "old first")], ORDER)

    write(page, MACHINE, [section("second", "new second"), section("third", "new third")], ORDER)

    text = page.read_text()
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## first", "## second", "## third"]
    assert "old first" in text
    assert "old third" not in text
    write(page, MACHINE, [], ORDER)
    assert page.read_text() == text


def test_figures_of_another_machine_are_dropped(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    write(page, MACHINE, [section("first", "of two cores")], ORDER)

    write(page, MACHINE | {"cores": "64"}, [section("second", "of many")], ORDER)

    assert "of two cores" not in page.read_text()


def test_a_section_is_good_if_it_did_not_fail_and_met_its_targets() -> None:
    assert not section("first", "").good
    assert Section("first", "", [], []).good
    assert not Section("first", "", [], [], failed=True).good
