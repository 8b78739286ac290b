"""Recording cassettes: what they are recorded against, and what never gets into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from clovax_agents.simulator import SimulatorServer

if TYPE_CHECKING:
    import pytest
    from conftest import Project

pytest_plugins = ["pytester"]

SCRIPTED = """
import pytest
from clovax_agents import ChatClovaX

@pytest.mark.clovax_cassette(script=["네.", {steps}])
def test_scripted():
    assert ChatClovaX(model="HCX-005").invoke("안녕하세요").text == "네."
"""


def test_a_cassette_is_readable(project: Project) -> None:
    """A cassette says what it was recorded against, names the production host and holds Korean and JSON as such."""
    project.write()
    project.record().assert_outcomes(passed=1)
    text = project.cassette().read_text("utf-8")
    cassette = yaml.safe_load(text)
    (exchange,) = cassette["interactions"]
    assert cassette["recorded_against"].startswith("simulator ")
    assert cassette["recorded_against"].endswith(", strict")
    assert cassette["test"] == "test_it.py::test_greeting"
    assert exchange["request"]["uri"] == "https://clovastudio.stream.ntruss.com/v1/openai/chat/completions"
    assert exchange["request"]["parsed_body"]["messages"] == [{"role": "user", "content": "안녕하세요"}]
    assert "content: 안녕하세요!" in text


def test_neither_key_nor_request_id_is_stored(project: Project) -> None:
    """Of the headers only those that tell something are kept."""
    project.write()
    project.record()
    (exchange,) = yaml.safe_load(project.cassette().read_text("utf-8"))["interactions"]
    assert set(exchange["request"]["headers"]) == {"accept", "content-type"}
    assert set(exchange["response"]["headers"]) == {"content-type", "x-clovax-simulator"}


def test_something_like_a_key_stops_the_recording(project: Project) -> None:
    """A key in a question would end up in the repository: the test fails, and no file is written."""
    project.write(project.greeting.replace('"안녕하세요"', '"안녕하세요, 내 키는 nv-0123456789abcdef"'))
    result = project.record()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*not recorded, because something in it looks like a key: nv-012…*"])
    assert not project.cassette().exists()


def test_recording_again_changes_nothing(project: Project) -> None:
    """The same test gives the same file, ids and times included."""
    project.write()
    project.record()
    before = project.cassette().read_text("utf-8")
    project.cassette().unlink()
    project.record()
    assert project.cassette().read_text("utf-8") == before


def test_another_day_alone_does_not_change_the_file(project: Project) -> None:
    """Whoever records everything again gets a diff only where something is different."""
    project.write()
    project.record()
    lines = project.cassette().read_text("utf-8").splitlines(keepends=True)
    old = "".join("recorded_on: 2020-01-01\n" if line.startswith("recorded_on:") else line for line in lines)
    project.cassette().write_text(old, encoding="utf-8")
    project.record()
    assert project.cassette().read_text("utf-8") == old


def test_a_failing_test_leaves_the_old_cassette(project: Project) -> None:
    """What a failing test did is not worth keeping."""
    project.write()
    project.record()
    before = project.cassette().read_text("utf-8")
    project.write(project.greeting.replace("안녕하세요", "고마워요"))
    project.record().assert_outcomes(failed=1)
    assert project.cassette().read_text("utf-8") == before


def test_unused_steps_of_a_script_fail(project: Project) -> None:
    """A script that is longer than the test is a mistake, and nothing is recorded."""
    project.write(SCRIPTED.replace("{steps}", '"아니요."'))
    result = project.record()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*1 unused steps of the script*"])
    assert not project.cassette("test_scripted").exists()


def test_a_test_that_sends_nothing_needs_no_cassette(project: Project) -> None:
    """There is nothing to record, which is told."""
    project.write("import pytest\n@pytest.mark.clovax_cassette\ndef test_idle(): ...\n")
    result = project.record()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no request was sent*no cassette is needed*"])


def test_the_marker_takes_nothing_but_a_script(project: Project) -> None:
    """A mistyped argument of the marker is not ignored."""
    project.write("import pytest\n@pytest.mark.clovax_cassette(scrip=[])\ndef test_idle(): ...\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the marker clovax_cassette takes nothing but script=*"])


def test_recording_against_the_simulator_reaches_nothing_else(project: Project) -> None:
    """Somebody without a key cannot send anything to the real service by accident."""
    project.write(project.greeting.replace("seed=1", 'base_url="https://clovastudio.stream.ntruss.com/v1/openai"'))
    result = project.record()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*NetworkBlockedError*set CLOVASTUDIO_API_KEY."])


def test_with_a_key_the_service_is_recorded(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key means the real service (here one that a header gives away as a simulator), and its host is rewritten."""
    project.write(project.greeting + SCRIPTED.replace("{steps}", ""))
    with SimulatorServer() as server:
        monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-secret-of-a-user")
        monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", server.base_url)
        result = project.record("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*its script needs the simulator*"])
    text = project.cassette().read_text("utf-8")
    assert "nv-secret" not in text
    assert "127.0.0.1" not in text
    assert "recorded_against: simulator" in text


def test_another_folder_can_be_chosen(project: Project) -> None:
    """The folder of the cassettes is a setting of the ini file."""
    project.write()
    project.record("-o", "clovax_cassette_dir=tests/tapes").assert_outcomes(passed=1)
    assert (project.root / "tests/tapes/test_it/test_greeting.yaml").is_file()
