"""The command line as a person meets it: what it prints and how it ends. Real processes, because exit codes matter."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
CANCEL = "주문 ORD-20261120-0001을 단순 변심으로 취소해줘"
QUESTION = "주문 ORD-20261118-0001 배송은 어디까지 왔어? 그리고 (12500+3000)*2는 얼마야?"


def _environment(**more: str) -> dict[str, str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("CLOVA", "LANG", "LC_", "COLUMNS"))
    }
    # Empty, not absent: a .env of the developer's, with a real key in it, must not be read into a test.
    none = {"CLOVASTUDIO_API_KEY": "", "CLOVASTUDIO_API_BASE_URL": ""}
    return {**clean, **none, "PYTHONUTF8": "1", "NO_COLOR": "1", **more}


def _clovax(*arguments: str, cwd: Path = ROOT, text: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "clovax_agents.cli", *arguments]
    return subprocess.run(  # noqa: S603
        command, cwd=cwd, env=_environment(**env), input=text, capture_output=True, text=True, timeout=60, check=False
    )


def _fails_in_one_message(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stderr.count("error:") == 1
    return done.stderr


@pytest.fixture
def shop(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a shop of its own."""
    return {"CLOVAX_SHOP_DB": str(tmp_path / "shop.sqlite3")}


def test_run_shows_both_tools_their_results_and_an_answer_made_of_them(shop: dict[str, str]) -> None:
    """Two tools in one model turn, and both results in the answer; the banner says that the model is simulated."""
    done = _clovax("run", QUESTION, **shop)
    assert done.returncode == 0, done.stderr
    head, answer = done.stdout.split("answer", 1)
    assert "SIMULATED" in head
    assert "tool calls: 2" in head
    assert "→ get_delivery_status" in head
    assert "→ calculate" in head
    assert head.count("←") == 2
    assert "31000" in answer.replace(",", "")
    assert "ORD-20261118-0001" in answer


@pytest.mark.soak
def test_run_speaks_korean_where_the_locale_or_the_option_does(shop: dict[str, str]) -> None:
    """Headings, questions and what models read; the option wins over the locale."""
    done = _clovax("run", CANCEL, text="n\n통화함\n", **shop, LANG="ko_KR.UTF-8")
    assert done.returncode == 0, done.stderr
    assert all(part in done.stdout for part in ("도구 호출 1개", "승인 필요", "오류: 사람이 이 호출을 거절", "답변"))
    assert "approval needed" in _clovax("run", CANCEL, "--lang", "en", text="n\n\n", **shop, LC_ALL="ko_KR").stdout
    assert "--lang fr is none of en, ko" in _fails_in_one_message(_clovax("run", "안녕", "--lang", "fr", **shop))


def test_a_question_may_come_from_standard_input(shop: dict[str, str]) -> None:
    """A dash reads it, however long it is."""
    done = _clovax("run", "-", text="(1+2)*3은 얼마야?", **shop)
    assert done.returncode == 0, done.stderr
    assert "→ calculate" in done.stdout


def test_without_key_and_simulator_one_message_says_what_to_do(shop: dict[str, str]) -> None:
    """Bad input: no key and no simulator."""
    assert "CLOVASTUDIO_API_KEY" in _fails_in_one_message(_clovax("run", "--no-simulator", "안녕", **shop))


@pytest.mark.parametrize(
    ("url", "reason"), [("nonsense", "not a web address"), ("http://127.0.0.1:9/v1/openai", "cannot connect")]
)
@pytest.mark.soak(every=2)
def test_a_wrong_base_url_is_one_message(shop: dict[str, str], url: str, reason: str) -> None:
    """Bad input: an address that is none, and one where nobody listens."""
    done = _clovax("run", "안녕", **shop, CLOVASTUDIO_API_KEY="nv-test", CLOVASTUDIO_API_BASE_URL=url)
    assert reason in _fails_in_one_message(done)


@pytest.mark.soak
def test_a_question_of_200000_characters_is_one_message(shop: dict[str, str]) -> None:
    """Bad input: far more than the model can read."""
    message = _fails_in_one_message(_clovax("run", "-", text="가나다라마바사아자차" * 20_000, **shop))
    assert "40003" in message
    assert len(message) < 2_000


@pytest.mark.soak
def test_a_tool_without_docstring_is_one_message(tmp_path: Path) -> None:
    """Bad input: the message names file, function and the way out."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "bad.py").write_text(
        "from clovax_agents import tool\n\n@tool\ndef lookup(a: int) -> int:\n    return a\n", encoding="utf-8"
    )
    (tmp_path / "graph.py").write_text(
        "from clovax_agents import Toolbox\nfrom clovax_agents.prebuilt import react_agent\n"
        'graph = react_agent(tools=Toolbox.from_path("tools"))\n',
        encoding="utf-8",
    )
    (tmp_path / "langgraph.json").write_text('{"graphs": {"react": "./graph.py:graph"}}', encoding="utf-8")
    message = _fails_in_one_message(_clovax("run", "안녕", cwd=tmp_path))
    message = message.replace("\n", "")  # a long path is broken
    assert all(part in message for part in ("lookup", "bad.py", "docstring"))


@pytest.mark.soak
def test_an_empty_folder_is_one_message(tmp_path: Path) -> None:
    """Bad input: nothing to run here."""
    assert "langgraph.json" in _fails_in_one_message(_clovax("run", "안녕", cwd=tmp_path))
    assert "langgraph.json" in _fails_in_one_message(_clovax("studio", cwd=tmp_path))


def test_an_unknown_graph_is_one_message() -> None:
    """Bad input: the graphs that exist are named."""
    _, _, named = _fails_in_one_message(_clovax("run", "--graph", "reakt", "안녕")).partition("it has ")
    assert {"extract", "react", "support"} <= set(re.findall(r"\w+", named))


def test_settings_may_stand_in_a_file(tmp_path: Path) -> None:
    """What .env sets is used, and the environment wins over it."""
    (tmp_path / "langgraph.json").write_text('{"graphs": {"react": "./graph.py:graph"}}', encoding="utf-8")
    (tmp_path / "graph.py").write_text(
        "from clovax_agents.prebuilt import react_agent\ngraph = react_agent()\n", encoding="utf-8"
    )
    settings = "CLOVASTUDIO_API_KEY=nv-file\nCLOVASTUDIO_API_BASE_URL=http://127.0.0.1:9/v1/openai\n"
    (tmp_path / ".env").write_text(settings, encoding="utf-8")
    command = [sys.executable, "-m", "clovax_agents.cli", "run", "안녕"]
    for environment, reason in (({}, "127.0.0.1:9"), ({"CLOVASTUDIO_API_BASE_URL": "nonsense"}, "nonsense")):
        bare = {name: value for name, value in _environment().items() if not name.startswith("CLOVASTUDIO")}
        done = subprocess.run(  # noqa: S603
            command, cwd=tmp_path, env={**bare, **environment}, capture_output=True, text=True, timeout=60, check=False
        )
        assert reason in _fails_in_one_message(done)


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    """Whoever asks for it gets everything."""
    assert "Traceback" in _clovax("run", "안녕", "--debug", cwd=tmp_path).stderr


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """Listen on a port and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


def _started(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    deadline = time.monotonic() + 30
    while word not in process.stdout.readline():
        assert time.monotonic() < deadline


def test_ctrl_c_in_mid_run_is_one_message(shop: dict[str, str], silent_server: socket.socket) -> None:
    """An interrupt ends at once, with the customary exit code and without a traceback."""
    url = f"http://127.0.0.1:{silent_server.getsockname()[1]}/v1/openai"
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "clovax_agents.cli", "run", "안녕"], cwd=ROOT, text=True,
        env=_environment(**shop, CLOVASTUDIO_API_KEY="nv-test", CLOVASTUDIO_API_BASE_URL=url),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    _started(process, "question")
    with silent_server.accept()[0] as connection:
        assert connection.recv(4)  # the model is being asked
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors


def test_simulate_serves_on_the_port_and_says_that_it_is_a_simulator() -> None:
    """Another process can talk to it; Ctrl-C stops it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "clovax_agents.cli", "simulate", "--port", str(port)],
        env=_environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        body = _poll(f"http://127.0.0.1:{port}/")
        assert "simulat" in body.lower()
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert f"CLOVASTUDIO_API_BASE_URL=http://127.0.0.1:{port}/v1/openai" in errors
    assert "Traceback" not in errors


def _poll(url: str) -> str:
    deadline = time.monotonic() + 30
    while True:
        try:
            return httpx.get(url, timeout=2).text
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("typed", "told", "left"),
    [
        ("예\n", '← cancel_order {"cancelled": true, "order_id": "ORD-20261120-0001"', ["ORD-20261120-0001"]),
        ("maybe\nn\n통화했음\n", "← cancel_order Error: a person has rejected this call, so it was not run: 통화", []),
        (
            'e\nnot json\ne\n{"order_id": "ORD-20261119-0001", "reason": "중복"}\n',
            '← cancel_order {"cancelled": true, "order_id": "ORD-20261119-0001", "reason": "중복"',
            ["ORD-20261119-0001"],
        ),
    ],
    ids=["agreed", "refused", "changed"],
)
@pytest.mark.soak(every=3)
def test_a_call_that_needs_approval_is_asked_about(
    shop: dict[str, str], typed: str, told: str, left: list[str]
) -> None:
    """The person at the terminal agrees, refuses or changes the arguments; only then the run goes on."""
    done = _clovax("run", CANCEL, text=typed, **shop)
    assert done.returncode == 0, done.stderr
    before, _, after = done.stdout.partition("approval needed")
    assert "← cancel_order" not in before
    assert told in after
    assert "answer" in after
    assert _cancelled(Path(shop["CLOVAX_SHOP_DB"])) == left


def _cancelled(path: Path) -> list[str]:
    if not path.exists():
        return []
    connection = sqlite3.connect(path)
    try:
        return [order for (order,) in connection.execute("SELECT order_id FROM cancellations")]
    finally:
        connection.close()


def test_a_question_that_nobody_answers_is_one_message(shop: dict[str, str]) -> None:
    """Bad input: no terminal; nothing is run."""
    message = _fails_in_one_message(_clovax("run", CANCEL, text="", **shop))
    assert "run it in a terminal" in message.replace("\n", "")
    assert _cancelled(Path(shop["CLOVAX_SHOP_DB"])) == []


@pytest.mark.soak
def test_any_other_question_is_answered_by_a_line(tmp_path: Path) -> None:
    """What a node asks is shown as it is; the answer is JSON, or else text."""
    (tmp_path / "graph.py").write_text(
        "from langchain_core.messages import AIMessage\nfrom langgraph.graph import MessagesState, StateGraph\n"
        "from langgraph.types import interrupt\n"
        "def ask(state):\n"
        "    first, second = interrupt('색은?'), interrupt({'size': ['S', 'M']})\n"
        "    return {'messages': [AIMessage(f'{first!r} {second!r}')]}\n"
        "graph = StateGraph(MessagesState).add_node('ask', ask).add_edge('__start__', 'ask')\n",
        encoding="utf-8",
    )
    (tmp_path / "langgraph.json").write_text('{"graphs": {"ask": "./graph.py:graph"}}', encoding="utf-8")
    done = _clovax("run", "--graph", "ask", "안녕", cwd=tmp_path, text='파랑\n{"size": "M"}\n')
    assert done.returncode == 0, done.stderr
    assert '{"size": ["S", "M"]}' in done.stdout
    assert "answer  '파랑' {'size': 'M'}" in done.stdout
