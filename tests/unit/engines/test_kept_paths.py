"""What a job may not evict, by the file of its node: who keeps what, and all while the file tells nothing new."""

from pathlib import Path

import pytest

from avio.clock import boottime
from avio.engines import kept_paths
from avio.engines.kept_paths import UNKNOWN, KeptPaths
from avio.wire.keeps import FRESH_SECONDS, OpenKeep, OpenKeeps

ADA, BOB = OpenKeep("/data/a", 1, "ada"), OpenKeep("/data/b", 2, "bob")


def written(file: Path, *keeps: OpenKeep, age: float = 0.0) -> KeptPaths:
    file.write_text(OpenKeeps(boottime() - age, keeps).to_json())
    return KeptPaths(file)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keeps"


@pytest.mark.parametrize(
    ("path", "keep"),
    [
        ("/data/a", ADA),
        ("/data/a/x/y", ADA),
        ("/data/b/x", BOB),
        ("/data/ab", None),
        ("/data/x", None),
        ("/data", None),
        ("/", None),
    ],
)
def test_a_keep_holds_its_path_and_what_is_below(file: Path, path: str, keep: OpenKeep | None) -> None:
    assert written(file, ADA, BOB).keep_of(path) == keep


def test_the_root_holds_all(file: Path) -> None:
    kept = written(file, OpenKeep("/", 1, "ada"))
    assert kept.keep_of("/data/x") == OpenKeep("/", 1, "ada")


def test_a_keep_whose_time_is_over_holds_nothing(file: Path) -> None:
    kept = written(file, OpenKeep("/data/a", 1, "ada", boottime() - 1), OpenKeep("/data/b", 1, "ada", boottime() + 60))
    assert kept.keep_of("/data/a") is None
    assert kept.keep_of("/data/b")


@pytest.mark.parametrize("text", [None, "", "{}", '{"read": 1e99}', '{"read": 1e99, "keeps": [["/x"]]}', "[1]"])
def test_without_a_file_that_tells_all_counts_as_kept(file: Path, text: str | None) -> None:
    if text is not None:
        file.write_text(text)
    assert KeptPaths(file).keep_of("/data") is UNKNOWN
    assert KeptPaths().keep_of("/data") is UNKNOWN


def test_a_file_that_is_too_old_tells_nothing(file: Path) -> None:
    assert written(file, age=FRESH_SECONDS + 0.1).keep_of("/data") is UNKNOWN
    assert written(file, age=FRESH_SECONDS - 1).keep_of("/data") is None


def test_a_new_keep_counts_within_a_second_and_a_file_that_is_gone_makes_all_kept(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = written(file)
    assert kept.keep_of("/data/a") is None
    written(file, ADA)
    now = boottime()
    monkeypatch.setattr(kept_paths, "boottime", lambda: now + kept_paths.READ_SECONDS)
    assert kept.keep_of("/data/a") == ADA
    file.unlink()
    monkeypatch.setattr(kept_paths, "boottime", lambda: now + 2 * FRESH_SECONDS)
    assert kept.keep_of("/data/x") is UNKNOWN


def test_names_that_are_not_utf_8_are_as_the_file_has_them(file: Path) -> None:
    kept = written(file, OpenKeep("/data/%FF", 1, "ada"), OpenKeep("/a%b", 1, "ada"))
    assert kept.keep_of("/data/\udcff/x")
    assert kept.keep_of("/a%b/\udcff")
    assert kept.keep_of("/data/x\udcff") is None
