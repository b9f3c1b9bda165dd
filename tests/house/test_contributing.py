"""CONTRIBUTING.md tells the truth: each file, function, folder, make target and link that it names is there."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.test_docs import rows

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

PLACES = rows(GUIDE, "question")
KINDS = rows(GUIDE, "kind")


def defined(file: Path) -> set[str]:
    """Return the names that a module defines at its top, and `Class.method` for each class."""
    names: set[str] = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{member.name}" for member in node.body if isinstance(member, ast.FunctionDef)}
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_the_guide_says_where_the_important_things_are() -> None:
    assert len(PLACES) >= 25


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[0])
def test_a_named_function_is_in_its_file(place: list[str]) -> None:
    _, file, function = place
    assert (ROOT / file).is_file()
    if function != "-":
        assert function in defined(ROOT / file)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[0])
def test_a_kind_of_test_has_its_folder_and_its_make_target(kind: list[str]) -> None:
    folders = re.findall(r"[\w/]+", kind[3])
    targets = re.findall(r"make ([a-z-]+)", kind[4])
    phony = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert folders
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []
    assert targets
    assert set(targets) <= set(" ".join(phony).split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_license_is_apache_2_and_the_wheel_has_it() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")

    assert 'license = "Apache-2.0"\nlicense-files = ["LICENSE"]' in project
    assert "Version 2.0, January 2004" in text
    assert "Copyright The avio authors" in text
