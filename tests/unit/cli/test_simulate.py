"""``clovax simulate``: its options, its log in every form, and what it says of options that make no sense."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from clovax_agents.cli.app import app
from clovax_agents.cli.monitor import LogStyle, Monitor
from clovax_agents.simulator import Limit, Limits, RequestRecord, VirtualClock
from clovax_agents.simulator.limits import Limiter

BODY: dict[str, Any] = {"model": "HCX-005", "messages": [{"role": "user", "content": "안녕하세요"}]}
CHAT = "/chat/completions"


@contextmanager
def _running(*options: str) -> Iterator[tuple[httpx.Client, list[str]]]:
    """Start the command on a free port; yield a client of it, and in the end what it printed."""
    environment = {**os.environ, "PYTHONUTF8": "1", "COLUMNS": "200"}
    command = [sys.executable, "-m", "clovax_agents.cli", "simulate", "--port", "0", *options]
    process = subprocess.Popen(  # noqa: S603  # ourselves
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    printed: list[str] = []
    assert process.stderr is not None
    try:
        head = _until(process.stderr, "CLOVASTUDIO_API_BASE_URL=")
        url = head.partition("CLOVASTUDIO_API_BASE_URL=")[2].strip()
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer nv-mine"}) as client:
            yield client, printed
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        printed += output.splitlines()


def _until(stream: Any, text: str) -> str:
    while line := stream.readline():
        if text in line:
            return str(line)
    raise AssertionError("the command ended before it said where it listens")


def test_the_log_as_json_tells_everything_but_texts() -> None:
    """One object per request, with model, sizes, outcome and faults."""
    with _running("--log", "json", "--fault", "error; code=42902; times=1") as (client, printed):
        statuses = [client.post(CHAT, json=BODY).status_code for _ in range(2)]

    first, second = [json.loads(line) for line in printed]
    assert statuses == [429, 200]
    assert (first["status"], first["faults"]) == (429, "error; code=42902")
    assert (second["model"], second["finish_reason"], second["messages"]) == ("HCX-005", "stop", 1)
    assert "안녕하세요" not in "".join(printed)


def test_limits_keys_and_switches_come_from_the_command_line() -> None:
    """A key with a limit of its own is the only one, and a switch changes the stream."""
    options = ("--log", "lines", "--key", "nv-mine=2/9000", "--switch", "stream_usage=last")
    with _running(*options) as (client, printed):
        streamed = client.post(CHAT, json={**BODY, "stream": True}).text
        codes = [client.post(CHAT, json=BODY).status_code for _ in range(2)]
        stranger = client.post(CHAT, json=BODY, headers={"Authorization": "Bearer nv-other"})

    assert '"usage":{' in streamed
    assert codes == [200, 429]
    assert stranger.json()["error"]["code"] == "40104"
    assert [line.split()[1] for line in printed] == ["200", "200", "429", "401"]
    assert "stream" in printed[0]
    assert "42901" in printed[2]


def test_a_script_says_what_is_answered(tmp_path: Path) -> None:
    """The steps of a file are followed in order, and the rest goes to the rules if the script says so."""
    script = tmp_path / "answers.yaml"
    script.write_text("else: rules\nsteps:\n  - reply: {text: 하나}\n", encoding="utf-8")
    with _running("--log", "off", "--script", str(script)) as (client, printed):
        texts = [client.post(CHAT, json=BODY).json()["choices"][0]["message"]["content"] for _ in range(2)]

    assert texts == ["하나", "안녕하세요! 무엇을 도와드릴까요?"]
    assert printed == []


def test_bad_habits_come_from_the_command_line() -> None:
    """With a probability of one, every call of a tool names one that does not exist: 40009."""
    tool = {"type": "function", "function": {"name": "get_weather", "description": "도시의 날씨를 알려 준다"}}
    question = [{"role": "user", "content": "서울 날씨 알려줘"}]
    with _running("--log", "lines", "--quirks", "invented_name=1") as (client, printed):
        answer = client.post(CHAT, json={**BODY, "messages": question, "tools": [tool], "max_tokens": 1024})

    assert answer.json()["error"]["code"] == "40009"
    assert "40009" in printed[0]
    assert "quirk invented_name" in printed[0]


BAD: dict[str, tuple[list[str], str]] = {
    "limits": (["--limits", "many"], "MODEL=REQUESTS/TOKENS"),
    "limit of a model": (["--limits", "HCX-005=ten"], "60/60000"),
    "window": (["--window", "round"], "sliding, fixed, bucket"),
    "profile": (["--profile", "moon"], "public, gov, legacy-host"),
    "fault": (["--fault", "rest; at_event=1"], "did you mean reset"),
    "fault parameter": (["--fault", "reset; at=1"], "at_byte, at_event"),
    "quirk": (["--quirks", "lazy=1"], "invented_name"),
    "switch": (["--switch", "usage=last"], "stream_usage"),
    "value of a switch": (["--switch", "stream_usage=sometimes"], "absent, last, separate"),
    "log": (["--log", "pretty"], "live, lines, json, off"),
    "script": (["--script", "/nowhere.yaml"], "/nowhere.yaml"),
    "port": (["--port", "70000"], "65535"),
}


@pytest.mark.parametrize(("options", "text"), BAD.values(), ids=BAD.keys())
def test_an_option_that_makes_no_sense_is_one_message(options: list[str], text: str) -> None:
    """Exit code 1, no traceback, and what would make sense."""
    done = CliRunner().invoke(app, ["simulate", *options])

    assert done.exit_code == 1
    assert text in re.sub(r"\s+", " ", done.output)
    assert "Traceback" not in done.output


def _record(**changes: Any) -> RequestRecord:
    made = RequestRecord(1_795_000_000.0, "POST", "/v1/openai/chat/completions", 200, model="HCX-005", messages=2)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def _shown(style: LogStyle, *records: RequestRecord, limiter: Limiter | None = None) -> str:
    console = Console(width=160, record=True, force_terminal=False)
    monitor = Monitor(style, console)
    monitor.watch("the head", limiter)
    for record in records:
        monitor(record)
    console.print(monitor.view())
    return console.export_text()


def test_the_live_view_shows_limits_and_the_latest_requests() -> None:
    """Bars for each model that was used, calls, refusals, faults and bad habits."""
    limiter = Limiter(Limits.of({"HCX-005": Limit(4, 1_000)}), VirtualClock())
    limiter.admit(account="nv-secret", kind="test", model="HCX-005", tokens=900)
    refused = _record(status=429, code="42901", message="Too many requests")
    marked = _record(calls=("get_weather",), finish_reason="tool_calls", faults="delay; seconds=1", quirk="code_fence")

    text = _shown("live", refused, marked, limiter=limiter)

    assert "the head" in text
    assert "1 of 4" in text
    assert "900 of 1,000" in text
    assert "42901 Too many requests" in text
    assert "→ get_weather" in text
    assert "fault delay; seconds=1" in text
    assert "quirk code_fence" in text
    assert "2 requests, 1 refused" in text
    assert "nv-secret" not in text


def test_only_the_latest_requests_stay_in_the_live_view() -> None:
    """The view does not outgrow the terminal."""
    text = _shown("live", *(_record(model=f"model-{number}") for number in range(40)))

    assert "model-39" in text
    assert "model-3 " not in text
    assert "40 requests" in text
