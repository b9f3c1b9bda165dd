"""The table of options: what it derives, and that each rule refuses what it should."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from avio.wire import checked_params as table
from avio.wire.checked_params import MASK, check, shown
from avio.wire.effects import abilities
from avio.wire.options import Ability, Option, camel
from avio.wire.params import OPTIONS, Params
from avio.wire.states import JobType

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def test_names_are_camel_case_as_in_the_rest_of_the_api() -> None:
    assert [camel(name) for name in OPTIONS] == [to_camel(name) for name in OPTIONS]


@pytest.mark.parametrize(
    ("member", "good", "bad", "message"),
    [
        ("depth", [0, 1000, None], [-1, 1001], "must be 0 to 1000"),
        ("tier", ["MEM", "a-b_9", "x" * 32], ["", "a b", "MEM\n", "x" * 33], "must be an alias: 1 to 32 letters"),
        ("verify", ["content", "size", "checksum"], ["md5", ""], "must be content or size or checksum"),
        ("file_list_id", [ULID], ["x", ULID + "\n"], "must be an id from POST /filelists"),
    ],
)
def test_a_rule_takes_what_it_should_and_says_what_that_is(
    member: str, good: list[Any], bad: list[Any], message: str
) -> None:
    rule = OPTIONS[member]
    assert [rule.checked(value) for value in good] == good
    for value in bad:
        with pytest.raises(ValueError, match=message):
            rule.checked(value)


@pytest.mark.parametrize(
    ("params", "wrong"),
    [
        (Params("/a"), {}),
        (Params(from_file_list=True, file_list_id=ULID), {}),
        (Params(), {"alluxioUri": "is missing"}),
        (Params("a"), {"alluxioUri": "is not absolute"}),
        (Params(from_file_list=True), {"fileListId": "is missing"}),
        (Params("/a", file_list_id=ULID), {"fileListId": "has no effect"}),
        (Params(depth=-1, verify="md5"), {"alluxioUri": "is missing", "depth": "must be", "verify": "must be"}),
    ],
    ids=str,
)
def test_all_that_is_wrong_is_told_at_once(params: Params, wrong: dict[str, str]) -> None:
    told = check(params)[1]
    assert told.keys() == wrong.keys()
    for name, words in wrong.items():
        assert words in told[name]


def test_what_is_checked_has_a_canonical_path_or_none_with_a_list() -> None:
    assert check(Params("alluxio://h:1//a/"))[0].alluxio_uri == "/a"
    assert check(Params("/x", from_file_list=True, file_list_id=ULID))[0].alluxio_uri is None


def test_only_what_differs_from_the_default_takes_an_ability() -> None:
    assert abilities(Params("/a", depth=3, if_full="partial")) == []
    asked = Params("/a", tier="MEM", verify="checksum", on_conflict="overwrite", overwrite="newer", spread=True)
    asked = replace(asked, report_to="/r")
    room = {Ability.WAIT_FOR_ROOM, Ability.EVICT}
    assert set(abilities(asked)) == set(Ability) - {Ability.COMPARE_BYTES, *room}
    assert [abilities(Params("/a", if_full=word)) for word in ("wait", "evict")] == [["ifFull=wait"], ["ifFull=evict"]]


def test_a_check_of_the_bytes_takes_another_ability_than_the_read_back_of_a_preload() -> None:
    assert abilities(Params("/a", verify="checksum"), JobType.CHECK) == [Ability.COMPARE_BYTES]
    assert abilities(Params("/a", verify="size"), JobType.CHECK) == []
    assert abilities(Params("/a", report_to="/r"), JobType.CHECK) == [Ability.STORE_REPORT]
    assert abilities(Params("/a", verify="checksum"), JobType.SAVE) == [Ability.VERIFY_CHECKSUM]


def test_an_option_may_have_another_help_for_a_check() -> None:
    verify = OPTIONS["verify"]
    assert verify.help_for(JobType.CHECK) != verify.help_for(JobType.PRELOAD) == verify.help
    assert verify.help in verify.description
    assert verify.of_check in verify.description
    assert OPTIONS["depth"].help_for(JobType.CHECK) == OPTIONS["depth"].description == OPTIONS["depth"].help


@pytest.mark.parametrize("overwrite", ["never", "fail"])
def test_to_overwrite_conflicts_contradicts_to_overwrite_nothing(overwrite: str) -> None:
    _, wrong = check(Params("/a", overwrite=overwrite, on_conflict="overwrite"))
    assert wrong == {
        "onConflict": f"has no effect with overwrite={overwrite}, which replaces no object; remove one of them"
    }
    for other in ("different", "newer", "always"):
        assert check(Params("/a", overwrite=other, on_conflict="overwrite"))[1] == {}


def test_a_sensitive_value_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    key = Option("A key.", frozenset(JobType), sensitive=True)
    monkeypatch.setattr(table, "OPTIONS", {**OPTIONS, "store_key": key})
    assert shown({"alluxioUri": "/a", "storeKey": "secret"}) == {"alluxioUri": "/a", "storeKey": MASK}
