"""T14, T15: a batch that is killed -9 at random has, in the end, answered every question exactly once."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import batchgraph
import pytest

from clovax_agents.simulator import BrainReply, ChatRequest, RuleBrain, SimulatorServer, create_app

SOAK = bool(os.environ.get("CLOVAX_SOAK"))
QUESTIONS, KILLS, AT_ONCE = (100, 10, 8) if SOAK else (18, 2, 3)
GRAPH = f"{batchgraph.__file__}:graph"
ROOT = Path(__file__).parents[2]


@dataclass
class Counting:
    """A brain that is slow enough to be killed in mid-answer, and remembers what it was asked, and when."""

    inner: RuleBrain = field(default_factory=RuleBrain)
    asked: list[tuple[float, str]] = field(default_factory=list)

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer as the other one does."""
        said = next(message.text for message in request.messages if message.role == "user")
        self.asked.append((time.time(), said))
        return replace(self.inner.reply(request), delay=0.3)


@dataclass
class Batch:
    """A batch whose process can be killed."""

    folder: Path
    url: str
    random: Random
    kills: int = 0

    def live(self, ending: signal.Signals | None = None) -> int:
        """Run it, to its end or until it gets a signal after it has answered something; return its exit code."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CLOVA")}
        environment = {
            **clean, "CLOVASTUDIO_API_KEY": "nv-simulated", "CLOVASTUDIO_API_BASE_URL": self.url, "PYTHONUTF8": "1",
            "CLOVAX_RATE_LIMIT": "off", "BATCH_EFFECTS": str(self.folder / "effects"), "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        command = [sys.executable, "-m", "clovax_agents.cli", "batch", str(self.folder / "q.jsonl"), "--graph", GRAPH,
                   "--out", str(self.folder / "a.jsonl"), "--concurrency", str(AT_ONCE)]  # fmt: skip
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
            told = process.stderr
            assert told is not None
            for line in told:
                if ending is not None and line[0].isdigit():
                    threading.Event().wait(self.random.uniform(0, 0.5))
                    process.send_signal(ending)
                    break
            process.communicate()
        self.kills += process.returncode == -signal.SIGKILL
        return process.returncode

    def lines(self) -> list[dict[str, str]]:
        """Return the answers; what is torn does not count."""
        text = (self.folder / "a.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.rpartition("\n")[0].splitlines()]

    def settled(self) -> set[str]:
        """Return the ids of what is known to be answered, whether or not it is among the answers yet."""
        with closing(sqlite3.connect(self.folder / "a.batch.sqlite")) as connection:
            rows = connection.execute("SELECT id FROM entries WHERE settled IS NOT NULL").fetchall()
        return {name for (name,) in rows}


@contextmanager
def _served(brain: Counting) -> Iterator[str]:
    with SimulatorServer(app=create_app(brain=brain)) as server:
        yield server.base_url


@pytest.mark.timeout(1_800 if SOAK else 600)
def test_t15_a_batch_that_is_killed_answers_every_question_once(tmp_path: Path) -> None:
    """Nothing is lost, answered twice, asked again once it was answered, or done twice by a tool."""
    questions = dict(enumerate(batchgraph.utterances()[:QUESTIONS], 1))
    text = "".join(json.dumps({"id": str(number), "question": one}) + "\n" for number, one in questions.items())
    (tmp_path / "q.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "effects").touch()
    brain, again = Counting(), []
    with _served(brain) as url:
        batch = Batch(tmp_path, url, Random(15))  # noqa: S311
        for ending in [signal.SIGINT, *[signal.SIGKILL] * KILLS]:
            assert batch.live(ending) == (130 if ending is signal.SIGINT else -signal.SIGKILL)
            known, moment = {questions[int(name)] for name in batch.settled()}, time.time()
            again.append((moment, known))
        assert batch.live() == 0
    answers = batch.lines()
    assert sorted(int(line["id"]) for line in answers) == sorted(questions)
    assert {line["status"] for line in answers} == {"answered"}
    assert all(line["answer"] for line in answers)
    repeated = [said for at, said in brain.asked if any(at > moment and said in known for moment, known in again)]
    assert repeated == []
    most = max(Counter(said for _, said in brain.asked).values())
    assert most <= 3 + KILLS
    keys = [line.split()[0] for line in (tmp_path / "effects").read_text().splitlines()]
    assert len(keys) == len(set(keys)) > QUESTIONS / 2
    if SOAK:
        told = f"{batch.kills} kills, {len(answers)} answers, {len(brain.asked)} model calls, {len(keys)} tool calls"
        print(f"\n{told}")  # noqa: T201
