"""Options of a mount that stand in files of their own."""

from pathlib import Path

import pytest

from avio.config import SettingsError, load


def settings_with(tmp_path: Path, option: str) -> Path:
    file = tmp_path / "avio.toml"
    file.write_text(
        f'[mounts."/data"]\nurl = "s3://b"\noptions = {{ access_key_id = "me", secret_access_key = {option} }}\n'
    )
    return file


def problem(tmp_path: Path, option: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load({"AVIO_CONFIG": str(settings_with(tmp_path, option))})
    (found,) = caught.value.problems
    return found


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_key_is_read_from_its_file_and_stays_secret(tmp_path: Path, end: str) -> None:
    key = tmp_path / "key"
    key.write_bytes(f"hush hush{end}".encode())

    settings = load({"AVIO_CONFIG": str(settings_with(tmp_path, f'{{ file = "{key}" }}'))})

    assert "hush" not in repr(settings)
    assert settings.engine_settings()["mounts"]["/data"]["options"]["secret_access_key"] == "hush hush"


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    assert f"secret_access_key: {tmp_path}/no: No such file" in problem(tmp_path, f'{{ file = "{tmp_path}/no" }}')


@pytest.mark.parametrize("content", [b"", b"\n", b"hush\nhush\n", b"\xffhush"])
def test_a_file_without_one_line_of_text_is_refused_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    key = tmp_path / "key"
    key.write_bytes(content)

    said = problem(tmp_path, f'{{ file = "{key}" }}')

    assert "write the bare text into it" in said
    assert "hush" not in said


@pytest.mark.parametrize("option", ["1", "true", "[]", "{}", '{ file = "key" }', "{ file = 1 }", '{ path = "/k" }'])
def test_another_value_is_refused(tmp_path: Path, option: str) -> None:
    assert "secret_access_key is no" in problem(tmp_path, option)
