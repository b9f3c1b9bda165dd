"""The demo believes nothing: a server that lies at any one step makes it fail, with the step named."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from avio.admin import demo_steps
from avio.admin.demo_steps import NOTE, TEXT, DemoSteps, StepFailed

# An `avio` that answers from answers.json, by its first words; each command's answers in turn, the last one again.
FAKE = """#!{python}
import json, sys
from pathlib import Path

here = Path(__file__).parent
answers = json.loads((here / "answers.json").read_text())
asked = "--json" in sys.argv
command = sys.argv[1] if asked else "show " + sys.argv[1]
turn = len([line for line in (here / "asked").read_text().splitlines() if line == command])
with open(here / "asked", "a") as file:
    file.write(command + "\\n")
if asked:
    print(json.dumps(answers[command][min(turn, len(answers[command]) - 1)]))
elif sys.argv[1] == "save":
    (here / "bucket/json/note-of-the-demo.txt").write_bytes(answers["saved bytes"].encode())
sys.exit(answers["exit codes"].get(sys.argv[1], 0))
"""


def honest() -> dict[str, Any]:
    """Return the answers of a server that does what it should, with 3 files of 30 bytes in all."""
    preload = {"type": 1, "status": "succeeded", "progress": {"done": {"files": 3}}}
    save = {"type": 2, "status": "succeeded"}
    cached = {
        "state": "cached",
        "cachedPercent": 100,
        "size": 30,
        "tiers": {"MEM": 30},
        "filesCached": 3,
        "saved": True,
    }
    return {
        "ls": [
            {"entries": [{"path": "/data/json/tool.py", "state": "remote"}]},
            {"entries": [{"path": NOTE, "state": "dirty"}]},
        ],
        "jobs": [{"jobs": [preload]}, {"jobs": [save, preload]}],
        "stat": [cached],
        "saved bytes": TEXT.decode(),
        "exit codes": {},
    }


def play(directory: Path, answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Play the demo against a server that gives `answers`."""
    for name in ("bucket/json", "mem/data/json"):
        (directory / name).mkdir(parents=True)
    (directory / "asked").touch()
    (directory / "answers.json").write_text(json.dumps(answers))
    fake = directory / "avio"
    fake.write_text(FAKE.format(python=sys.executable))
    fake.chmod(0o755)
    monkeypatch.setattr(demo_steps, "AVIO", [str(fake)])
    DemoSteps(directory, {}, files=3).run("http://127.0.0.1:1", "admin", "secret")


def test_an_honest_server_passes_and_each_command_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    play(tmp_path, honest(), monkeypatch)

    shown = capfd.readouterr().out
    commands = [line.split()[2] for line in shown.splitlines() if line.startswith("$ avio ")]
    assert commands == ["login", "ls", "preload", "stat", "ls", "save", "jobs"]
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda said: said["exit codes"].update(login=4), "exit code of avio login"),
        (lambda said: said["exit codes"].update(preload=3), "exit code of avio preload"),
        (lambda said: said["ls"][0]["entries"][0].update(state="cached"), "states below"),
        (lambda said: said["jobs"][0]["jobs"][0].update(status="partial"), "status of the preload"),
        (lambda said: said["jobs"][0]["jobs"][0]["progress"]["done"].update(files=2), "files preloaded"),
        (lambda said: said["stat"][0].update(cachedPercent=99), "state of /data"),
        (lambda said: said["stat"][0].update(tiers={"MEM": 20, "SSD": 10}), "bytes on each tier"),
        (lambda said: said["stat"][0].update(filesCached=2), "files cached"),
        (lambda said: said["ls"][1]["entries"][0].update(state="cached"), "state of /data/json/note"),
        (lambda said: said.update({"saved bytes": "something else"}), "what the bucket holds"),
        (lambda said: said["stat"].append(said["stat"][0] | {"saved": False}), "state of /data/json/note"),
        (lambda said: said["jobs"][1]["jobs"].pop(), "jobs: "),
    ],
)
def test_a_lie_at_any_step_fails_the_demo_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any, what: str
) -> None:
    answers = honest()
    change(answers)

    with pytest.raises(StepFailed, match=what):
        play(tmp_path, answers, monkeypatch)
