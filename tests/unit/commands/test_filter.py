"""`avio filter explain`: which rule decides, without a server."""

import json

import pytest

from tests.unit.commands.conftest import Avio
from tests.unit.commands.stub import Stub

RULES = "--exclude /logs/** --include *.log --include '*.{jpg,png}' --exclude **"


def test_it_says_for_each_file_which_rule_decides(avio: Avio, stub: Stub) -> None:
    said = avio(f"filter explain --path /data/ {RULES} /data/logs/1.log a/2.log a.png b/c.txt")

    assert said.stdout.splitlines() == [
        "/data/logs/1.log\tleave\t--exclude /logs/**",
        "a/2.log\ttake\t--include *.log",
        "a.png\ttake\t--include *.{jpg,png}",
        "b/c.txt\tleave\t--exclude **",
    ]
    assert stub.requests == []


def test_a_file_that_no_rule_matches_is_taken(avio: Avio) -> None:
    assert avio("filter explain /x --exclude *.tmp").stdout == "/x\ttake\t\n"
    assert avio("filter explain /x").stdout == "/x\ttake\t\n"


def test_without_a_path_rules_match_from_the_root_and_of_the_path_itself_its_name(avio: Avio) -> None:
    assert avio("filter explain /data/x --exclude /data/*").stdout.endswith("leave\t--exclude /data/*\n")
    assert avio("filter explain /data/x --path /data/x --exclude /x").stdout.endswith("leave\t--exclude /x\n")


def test_a_wrong_path_of_the_job_is_named_alone(avio: Avio) -> None:
    said = avio("filter explain a --path data", 2).stderr

    assert "Invalid value for '--path': 'data' is not absolute" in said
    assert "'a'" not in said


def test_as_json(avio: Avio) -> None:
    said = json.loads(avio("filter explain a b --path /data --exclude a --json").stdout)

    assert said == {
        "path": "/data",
        "files": [
            {"file": "a", "outcome": "leave", "rule": "--exclude a"},
            {"file": "b", "outcome": "take", "rule": None},
        ],
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("/other/a --path /data", "/other/a is not below --path /data"),
        ("a/../b --path /data", "has a '..' part"),
        ("a --path data", "is not absolute"),
        ("a --include [b --exclude **", "'[b' has a [ without ] at character 1"),
        ("a --include b", "comes last and has no effect"),
        ("--exclude b", "Missing argument 'FILE...'"),
    ],
)
def test_wrong_usage(avio: Avio, line: str, message: str) -> None:
    assert message in " ".join(avio(f"filter explain {line}", 2).stderr.split())
