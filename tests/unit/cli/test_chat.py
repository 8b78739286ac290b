"""``clovax chat`` as a person meets it: piped in this process, and at a terminal of its own."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import Result

from clovax_agents.simulator import FaultPlan, SimulatorServer, create_app

Clovax = Callable[..., Result]
ROOT = Path(__file__).parents[3]
DELIVERY = "주문 ORD-20261118-0001 배송은 어디까지 왔어?"
CANCEL = "주문 ORD-20261120-0001을 단순 변심으로 취소해줘"


@pytest.fixture
def chat(clovax: Clovax, tmp_path: Path) -> Callable[..., Result]:
    """Return what talks, line by line, with threads of its own."""

    def talk(*lines: str, options: tuple[str, ...] = ()) -> Result:
        text = "".join(f"{line}\n" for line in lines)
        return clovax("chat", "--db", str(tmp_path / "chat.sqlite"), *options, text=text)

    return talk


def _cancelled(tmp_path: Path) -> list[str]:
    path = tmp_path / "shop.sqlite3"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as connection:
        return [order for (order,) in connection.execute("SELECT order_id FROM cancellations")]


def test_a_turn_shows_calls_answer_tokens_and_cost(chat: Clovax) -> None:
    """Without a terminal, each line is a message; without a key, it is said that the model is simulated."""
    done = chat(DELIVERY)
    assert done.exit_code == 0, done.output
    head, _, turn = done.stdout.partition(f"you> {DELIVERY}")
    assert "SIMULATED" in head
    assert "→ get_delivery_status" in turn
    assert turn.index("← get_delivery_status") < turn.index("answer  ") < turn.index(" tokens (")
    assert re.search(r"[1-9][\d,]* tokens \([\d,]+ in, [\d,]+ out\) · ₩\d+\.\d\d · [\d.]+ s · thread: ", turn)


def test_a_thread_is_kept_listed_and_continued(chat: Clovax) -> None:
    """Another process goes on where the last one ended, and shows what was said last."""
    thread = re.findall(r"thread (\w{8}) ", chat(DELIVERY).stdout)[0]
    listed = chat(options=("--threads",)).stdout
    assert thread in listed
    assert DELIVERY[:20] in listed
    for options in (("--continue",), ("--thread", thread[:5])):
        done = chat("/history", options=options)
        assert f"thread {thread}" in done.stdout
        assert done.stdout.count(f"you> {DELIVERY}") == 2
    assert "there is no thread 'nope'" in chat(options=("--thread", "nope")).stderr


def test_no_thread_to_go_on_with_is_one_message(chat: Clovax) -> None:
    """Bad input: nothing was said yet."""
    assert "begin one without --continue" in chat(options=("--continue",)).stderr


@pytest.mark.parametrize(
    ("typed", "told", "left"),
    [
        (("y",), '← cancel_order {"cancelled": true', ["ORD-20261120-0001"]),
        (("n 통화했음",), "a person has rejected this call, so it was not run: 통화했음", []),
        (("r 상담원이 처리함",), "← cancel_order 상담원이 처리함", []),
        (
            ('e {"order_id": 1', "e [1]", 'e {"order_id": "ORD-20261119-0001", "reason": "중복"}'),
            '← cancel_order {"cancelled": true, "order_id": "ORD-20261119-0001", "reason": "중복"',
            ["ORD-20261119-0001"],
        ),
    ],
    ids=["approved", "rejected", "answered", "edited"],
)
@pytest.mark.soak(every=3)
def test_a_person_decides_about_a_call(
    chat: Clovax, tmp_path: Path, typed: tuple[str, ...], told: str, left: list[str]
) -> None:
    """The arguments are shown; what the person says happens, and nothing else."""
    done = chat(CANCEL, *typed)
    assert done.exit_code == 0, done.output
    before, _, after = done.stdout.partition("approval needed")
    assert "← cancel_order" not in before
    assert 'reason = "단순 변심"' in after
    assert told in after
    assert _cancelled(tmp_path) == left
    if len(typed) > 1:
        assert "that is not JSON: " in after
        assert "that is not a JSON object" in after


def test_a_question_that_nobody_answers_stays_open(chat: Clovax, tmp_path: Path) -> None:
    """Input ends there: one message, nothing is run, and later it is asked again, in the language of the locale."""
    done = chat(CANCEL)
    assert done.exit_code == 1
    assert "run it in a terminal" in done.stderr
    assert _cancelled(tmp_path) == []
    again = chat("/resume", "y", "/resume", options=("--continue", "--lang", "ko"))
    assert again.exit_code == 0, again.output
    assert "/resume으로 다시 묻습니다" in again.stdout.partition("나> /resume")[0]
    assert "이어서 처리할 것이 없습니다" in again.stdout
    assert _cancelled(tmp_path) == ["ORD-20261120-0001"]


def test_a_message_is_taken_back_and_a_thread_is_copied(chat: Clovax, tmp_path: Path) -> None:
    """After /undo the model does not see the message; the copy and the thread go their own ways."""
    done = chat("(1+2)*3은 얼마야?", DELIVERY, "/undo", "/export " + str(tmp_path / "a.json"), "/fork", DELIVERY,
                "/export " + str(tmp_path / "b.md"), "/switch 2", "/undo", "/undo", "/history")  # fmt: skip
    assert done.exit_code == 0, done.output
    kept = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert [one["type"] for one in kept] == ["human", "ai", "tool", "ai"]
    copied = (tmp_path / "b.md").read_text(encoding="utf-8")
    assert copied.count("## user") == 2
    assert "get_delivery_status({" in copied
    assert "there is nothing to take back" in done.stdout
    assert done.stdout.rstrip().endswith("nothing has been said yet\n\nyou>")


def test_slash_commands_help_and_refuse(chat: Clovax) -> None:
    """All of them are explained; an unknown one is told the known ones; the beginning of a name is enough."""
    done = chat(
        "/help", "/bogus", "/tool", "/model HCX-005", "/graph", "/graph prebuilt:react", "/threads", "/q", "안녕"
    )
    assert done.exit_code == 0, done.output
    for text in ("write the thread to a file", "there is no /bogus", "cancel_order once", "model: HCX-005",
                 "model -.-> tools", "prebuilt:react · thread", "there are no threads yet"):  # fmt: skip
        assert text in " ".join(done.stdout.split())
    assert "you> 안녕" not in done.stdout


def test_thinking_is_shown_before_the_answer(chat: Clovax, tmp_path: Path) -> None:
    """What a model thinks is not taken for what it says."""
    path = tmp_path / "thinker.py"
    path.write_text(
        "from clovax_agents import ChatClovaX\nfrom clovax_agents.prebuilt import react_agent\n"
        "graph = react_agent(model=ChatClovaX(model='HCX-007', reasoning_effort='low'))\n",
        encoding="utf-8",
    )
    done = chat("안녕하세요", options=(f"{path}:graph",))
    assert done.exit_code == 0, done.output
    assert done.stdout.index("thinking  ") < done.stdout.index("answer  ")


class Terminal:
    """A program at a terminal of its own."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # the terminal is to be its own
        )  # fmt: skip
        os.close(slave)
        self.shown = ""

    def type(self, text: str) -> None:
        """Type; what was shown before is forgotten."""
        self.shown = ""
        os.write(self._master, text.encode())

    def wait(self, *words: str) -> str:
        """Wait until all of this is shown."""
        deadline = time.monotonic() + 60
        while not all(word in self.shown for word in words):
            assert time.monotonic() < deadline, self.shown
            self._read()
        return self.shown

    def wait_for_prompt(self, prompt: str) -> None:
        """Wait until this is the last that is shown: what is typed then is read by the prompt."""
        deadline = time.monotonic() + 60
        while not self.shown.rstrip().endswith(prompt):
            assert time.monotonic() < deadline, self.shown
            self._read()

    def _read(self) -> None:
        if select.select([self._master], [], [], 0.2)[0]:
            piece = os.read(self._master, 65_536).decode(errors="replace")
            self.shown += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", piece)

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait(10)
        os.close(self._master)


@contextmanager
def _terminal(tmp_path: Path, url: str, *options: str) -> Iterator[Terminal]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CLOVA", "LANG", "LC_"))}
    environment = {
        **clean, "CLOVASTUDIO_API_KEY": "nv-simulated", "CLOVASTUDIO_API_BASE_URL": url, "PYTHONUTF8": "1",
        "CLOVAX_SHOP_DB": str(tmp_path / "shop.sqlite3"), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1",
        "PYTHONPATH": str(ROOT), "COLUMNS": "100", "LINES": "40", "CLOVAX_RATE_LIMIT": "off",
    }  # fmt: skip
    command = [sys.executable, "-m", "clovax_agents.cli", "chat", "--db", str(tmp_path / "chat.sqlite"), *options]
    terminal = Terminal(command, environment)
    try:
        yield terminal
    finally:
        terminal.close()


@pytest.fixture
def slow() -> Iterator[str]:
    """Serve a simulator whose answers drip, and give its address."""
    app = create_app(limits=None, faults=FaultPlan.parse("drip; size=400; seconds=0.05"))
    with SimulatorServer(app=app) as server:
        yield server.base_url


def test_ctrl_c_stops_the_turn_and_a_kill_loses_nothing(tmp_path: Path, slow: str) -> None:
    """The program lives on, the thread is valid; killed in mid-turn, it says so and goes on."""
    with _terminal(tmp_path, slow) as terminal:
        terminal.wait("/help", "you>")
        terminal.type(f"{DELIVERY}\r")
        terminal.wait("answer")
        terminal.type("\x03")
        stopped = terminal.wait("stopped", "thread:", "you>")
        assert "^C" not in stopped
        terminal.type(f"{CANCEL}\r")
        terminal.wait("approval needed", "run it?")
        os.kill(terminal.process.pid, signal.SIGKILL)
    assert _cancelled(tmp_path) == []
    with _terminal(tmp_path, slow, "--continue") as terminal:
        terminal.wait("a question is open", "you>")
        terminal.type("/resume\r")
        terminal.wait("approval needed", "run it?")
        terminal.type("y\r")
        terminal.wait("← cancel_order", "answer", "you>")
        assert _cancelled(tmp_path) == ["ORD-20261120-0001"]
        terminal.type("\x03")
        terminal.wait("Ctrl-D or /quit leaves", "you>")
        terminal.type("/history\r")
        terminal.wait("← cancel_order")
        terminal.type("/quit\r")
        assert terminal.process.wait(30) == 0


def test_ctrl_d_leaves_and_loses_nothing(tmp_path: Path, slow: str) -> None:
    """In mid-turn, after the answer, and at the prompt: it ends with 0, and the thread can be continued."""
    with _terminal(tmp_path, slow) as terminal:
        terminal.wait("/help", "you>")
        terminal.type(f"{DELIVERY}\r")
        terminal.wait("→ get_delivery_status")
        terminal.type("\x04")
        terminal.wait("answer", "thread:", "you>")
        assert terminal.process.wait(30) == 0
    with _terminal(tmp_path, slow, "--continue") as terminal:
        terminal.wait(DELIVERY, "answer")
        terminal.wait_for_prompt("you>")
        terminal.type("\x04")
        assert terminal.process.wait(30) == 0


def test_ctrl_d_at_a_question_leaves_it_open(tmp_path: Path, slow: str) -> None:
    """It ends with 0, without an error, and nothing is run; the question is asked again later."""
    with _terminal(tmp_path, slow) as terminal:
        terminal.wait_for_prompt("you>")
        terminal.type(f"{CANCEL}\r")
        terminal.wait("approval needed", "run it?")
        terminal.type("n\r")
        terminal.wait("reason")
        terminal.wait_for_prompt("none):")
        terminal.type("\x04")
        assert "error" not in terminal.wait("the question stays open", "/resume")
        assert terminal.process.wait(30) == 0
    assert _cancelled(tmp_path) == []
    with _terminal(tmp_path, slow, "--continue", "--lang", "ko") as terminal:
        terminal.wait("다시 묻습니다", "나>")
        terminal.type("/resume\r")
        terminal.wait("승인 필요", "실행할까요?")
        terminal.wait_for_prompt("답하기:")
        terminal.type("\x04")
        terminal.wait("질문은 남아 있습니다")
        assert terminal.process.wait(30) == 0
    assert _cancelled(tmp_path) == []
